//! One node execution: whole, the newest of its node, or what it gave.

use runledger_models::{Id, NodeExecutionResult, Object, Scope, Truncated, node::NodeData};
use serde::Serialize;

use super::NodeRow;
use crate::Read;

const GET: &str = include_str!("get.sql");
const LATEST: &str = include_str!("latest.sql");
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
pub fn get(scope: &Scope, id: &Id) -> Read<NodeExecutionResult> {
    let user_id = scope.user_id();
    Read::new(GET, &GetArgs { id, user_id }).map(|node: NodeRow, log| node.into_result(log))
}

/// The newest execution of the node `node` in a graph execution that is not INCOMPLETE.
pub fn latest(scope: &Scope, execution: &Id, node: &Id) -> Read<NodeExecutionResult> {
    let args = LatestArgs {
        execution,
        node,
        user_id: scope.user_id(),
    };
    Read::new(LATEST, &args).map(|node: NodeRow, log| node.into_result(log))
}

/// The last value of each output of the node execution `id`, and whether some are left out.
pub fn outputs(scope: &Scope, id: &Id) -> Read<(Object, Option<Truncated>)> {
    let user_id = scope.user_id();
    let truncated = Truncated::node_execution(id.as_str());
    Read::new(OUTPUTS, &GetArgs { id, user_id }).map(|data: NodeData, _| {
        let truncated = data.cut.then_some(truncated);
        (data.last_outputs(), truncated)
    })
}
