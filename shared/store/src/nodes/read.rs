//! One node execution: whole, the newest of its node, or what it gave.

use runledger_models::{Id, NodeExecutionResult, Object, Scope, Truncated, node::NodeData};
use serde::Serialize;

use super::OneNode;
use crate::{Db, Error};

const GET: &str = one_node!(include_str!("get.sql"));
const LATEST: &str = one_node!(include_str!("latest.sql"));
const OUTPUTS: &str = include_str!("outputs.sql");

#[derive(Serialize)]
struct GetArgs<'a> {
    id: &'a Id,
    user_id: Option<&'a str>,
}

#[derive(Serialize)]
struct LatestArgs<'a> {
    execution: &'a Id,
    node: &'a Id,
    user_id: Option<&'a str>,
}

/// The node execution `id`.
pub async fn get(db: &Db, scope: &Scope, id: &Id) -> Result<NodeExecutionResult, Error> {
    let user_id = scope.user_id();
    let node: OneNode = db.read(GET, &GetArgs { id, user_id }).await?;
    Ok(node.into_result(db.log()))
}

/// The newest execution of the node `node` in a graph execution that is not INCOMPLETE.
pub async fn latest(db: &Db, scope: &Scope, execution: &Id, node: &Id) -> Result<NodeExecutionResult, Error> {
    let args = LatestArgs {
        execution,
        node,
        user_id: scope.user_id(),
    };
    let node: OneNode = db.read(LATEST, &args).await?;
    Ok(node.into_result(db.log()))
}

/// The last value of each output of the node execution `id`, and whether some are left out.
pub async fn outputs(db: &Db, scope: &Scope, id: &Id) -> Result<(Object, Option<Truncated>), Error> {
    let user_id = scope.user_id();
    let data: NodeData = db.read(OUTPUTS, &GetArgs { id, user_id }).await?;
    let truncated = data.cut.then(|| Truncated::node_execution(id.as_str()));
    Ok((data.last_outputs(), truncated))
}
