//! One graph execution, with its inputs and outputs or with all of its nodes.

use runledger_models::{GraphExecution, GraphExecutionWithNodes, Id, Scope};
use serde::Serialize;

use super::{WithBoundary, WithNodes};
use crate::{Db, Error};

/// An execution with what its inputs and outputs are gathered from.
pub const GET: &str = returning!("get.sql");
/// An execution with its nodes.
pub const GET_WITH_NODES: &str = returning!("get.sql", "nodes": "nodes.sql");

/// The parameter of [`GET`] and [`GET_WITH_NODES`].
#[derive(Debug, Serialize)]
pub struct GetArgs<'a> {
    id: &'a Id,
    user_id: Option<&'a str>,
    graph_id: Option<&'a Id>,
}

impl<'a> GetArgs<'a> {
    /// Those of the execution `id`; of the graph `graph_id`, if that is given.
    pub fn new(scope: &'a Scope, graph_id: Option<&'a Id>, id: &'a Id) -> Self {
        Self {
            id,
            user_id: scope.user_id(),
            graph_id,
        }
    }
}

/// The execution `id`; of the graph `graph_id`, if that is given.
pub async fn get(db: &Db, scope: &Scope, graph_id: Option<&Id>, id: &Id) -> Result<GraphExecution, Error> {
    let row: WithBoundary = db.read(GET, &GetArgs::new(scope, graph_id, id)).await?;
    Ok(row.into_execution(db.log()))
}

/// The execution `id` with its first thousand node executions.
pub async fn get_with_nodes(
    db: &Db,
    scope: &Scope,
    graph_id: Option<&Id>,
    id: &Id,
) -> Result<GraphExecutionWithNodes, Error> {
    let row: WithNodes = db.read(GET_WITH_NODES, &GetArgs::new(scope, graph_id, id)).await?;
    Ok(row.into_execution(db.log()))
}
