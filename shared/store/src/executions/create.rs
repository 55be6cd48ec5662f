//! A new graph execution, with the nodes that it starts at.

use runledger_models::{
    GraphExecutionWithNodes, Id, NewExecution, Object, UserId, bounded::VersionNumber, new_execution::StartingNode,
};
use serde::Serialize;

use super::{NewNodes, NewValue, WithNodes};
use crate::{Write, db::carried};

/// Writes a graph execution, its starting nodes and their inputs.
const CREATE: &str = include_str!("create.sql");

#[derive(Serialize)]
struct CreateArgs<'a> {
    id: Id,
    user_id: &'a UserId,
    graph_id: Id,
    graph_version: VersionNumber,
    #[serde(serialize_with = "carried")]
    inputs: Object,
    preset_id: Option<Id>,
    #[serde(serialize_with = "carried")]
    credential_inputs: Object,
    #[serde(serialize_with = "carried")]
    nodes_input_masks: Object,
    parent_id: Option<Id>,
    #[serde(serialize_with = "carried")]
    starting_nodes: Vec<StartingNodeArgs>,
}

#[derive(Debug, Serialize)]
struct StartingNodeArgs {
    id: Id,
    node_id: Id,
    inputs: Vec<NewValue>,
}

/// Creates an execution of a graph for `user`: INCOMPLETE, its starting nodes QUEUED. Everything in it gets its identifier.
pub fn create<N: Into<StartingNode>>(
    user: &UserId,
    graph_id: Id,
    new: NewExecution<N>,
) -> Write<GraphExecutionWithNodes> {
    let starting_node = |node: N| {
        let StartingNode { node_id, input } = node.into();
        StartingNodeArgs {
            id: Id::generate(),
            node_id,
            inputs: NewValue::of_object(input),
        }
    };
    let args = CreateArgs {
        id: Id::generate(),
        user_id: user,
        graph_id,
        graph_version: new.graph_version,
        inputs: new.inputs,
        preset_id: new.preset_id,
        credential_inputs: new.credential_inputs.unwrap_or_default(),
        nodes_input_masks: new.nodes_input_masks.unwrap_or_default(),
        parent_id: new.parent_graph_exec_id,
        starting_nodes: new.starting_nodes_input.into_iter().map(starting_node).collect(),
    };
    Write::new(CREATE, &args).map(|row: WithNodes<NewNodes>, log| row.into_execution(log))
}
