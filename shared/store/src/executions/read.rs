//! One graph execution, with its inputs and outputs or with all of its nodes.

use runledger_models::{GraphExecution, GraphExecutionWithNodes, Id, Scope, paging::Position};
use serde::Serialize;

use super::{WithBoundary, WithNewestNodes};
use crate::{Db, Error};

/// An execution with what its inputs and outputs are gathered from.
pub const GET: &str = returning!("get.sql");
/// An execution with its newest nodes, and whether there are more.
pub const GET_WITH_NODES: &str = returning!(
    "get.sql",
    "nodes": list_of_nodes!(include_str!("nodes.sql"), "runledger.answer_budget($1) / 8 * 3")
);

/// How many node executions come with their execution.
pub const NODES: u32 = 1000;

/// The parameter of [`GET`] and [`GET_WITH_NODES`].
#[derive(Debug, Serialize)]
pub struct GetArgs<'a> {
    id: &'a Id,
    user_id: Option<&'a str>,
    graph_id: Option<&'a Id>,
    nodes: u32,
}

impl<'a> GetArgs<'a> {
    /// Those of the execution `id`; of the graph `graph_id`, if that is given.
    pub fn new(scope: &'a Scope, graph_id: Option<&'a Id>, id: &'a Id) -> Self {
        Self {
            id,
            user_id: scope.user_id(),
            graph_id,
            nodes: NODES + 1,
        }
    }
}

/// The execution `id`; of the graph `graph_id`, if that is given.
pub async fn get(db: &Db, scope: &Scope, graph_id: Option<&Id>, id: &Id) -> Result<GraphExecution, Error> {
    let row: WithBoundary = db.read(GET, &GetArgs::new(scope, graph_id, id)).await?;
    Ok(row.into_execution(db.log()))
}

/// The execution `id` with its `nodes` newest node executions, and where the list of its nodes goes on after them.
pub async fn get_with_nodes(
    db: &Db,
    scope: &Scope,
    graph_id: Option<&Id>,
    id: &Id,
    nodes: u32,
) -> Result<(GraphExecutionWithNodes, Option<Position>), Error> {
    let args = GetArgs {
        nodes: nodes.saturating_add(1),
        ..GetArgs::new(scope, graph_id, id)
    };
    let row: WithNewestNodes = db.read(GET_WITH_NODES, &args).await?;
    row.into_newest(db.log(), nodes)
}
