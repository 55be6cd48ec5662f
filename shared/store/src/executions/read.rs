//! One graph execution, with its inputs and outputs or with all of its nodes.

use runledger_models::{GraphExecution, GraphExecutionWithNodes, Id, Scope, paging::Position};
use serde::Serialize;

use super::{NewestNodes, WithBoundary, WithNodes};
use crate::Read;

/// An execution with what its inputs and outputs are gathered from.
const GET: &str = include_str!("get.sql");
/// An execution with its newest nodes, and whether there are more.
const GET_WITH_NODES: &str = include_str!("get_with_nodes.sql");

/// How many node executions come with their execution.
pub const NODES: u32 = 1000;

#[derive(Serialize)]
struct GetArgs<'a> {
    id: &'a Id,
    user_id: Option<&'a str>,
    graph_id: Option<&'a Id>,
    nodes: u32,
}

impl<'a> GetArgs<'a> {
    /// Those of the execution `id`; of the graph `graph_id`, if that is given.
    fn new(scope: &'a Scope, graph_id: Option<&'a Id>, id: &'a Id) -> Self {
        Self {
            id,
            user_id: scope.user_id(),
            graph_id,
            nodes: NODES + 1,
        }
    }
}

/// The execution `id`; of the graph `graph_id`, if that is given.
pub fn get(scope: &Scope, graph_id: Option<&Id>, id: &Id) -> Read<GraphExecution> {
    Read::new(GET, &GetArgs::new(scope, graph_id, id)).map(|row: WithBoundary, log| row.into_execution(log))
}

/// The execution `id` with its `nodes` newest node executions, and where the list of its nodes goes on after them.
pub fn get_with_nodes(
    scope: &Scope,
    graph_id: Option<&Id>,
    id: &Id,
    nodes: u32,
) -> Read<(GraphExecutionWithNodes, Option<Position>)> {
    let args = GetArgs {
        nodes: nodes.saturating_add(1),
        ..GetArgs::new(scope, graph_id, id)
    };
    Read::new(GET_WITH_NODES, &args).and_then(move |row: WithNodes<NewestNodes>, log| row.into_newest(log, nodes))
}
