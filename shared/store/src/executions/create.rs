//! A new graph execution, with the nodes that it starts at.

use runledger_models::{GraphExecutionWithNodes, Id, Object, UserId};
use serde::Serialize;

use super::{NewValue, WithNodes};
use crate::{Write, db::carried};

/// Writes a graph execution, its starting nodes and their inputs.
const CREATE: &str = include_str!("create.sql");

/// What a graph execution starts from.
#[derive(Debug)]
pub struct NewExecution {
    /// The graph.
    pub graph_id: Id,
    /// Its version.
    pub graph_version: i32,
    /// The inputs of the whole run.
    pub inputs: Object,
    /// The nodes to start at.
    pub starting_nodes: Vec<StartingNode>,
    /// The preset that starts it.
    pub preset_id: Option<Id>,
    /// The credentials that it is given, by name.
    pub credential_inputs: Object,
    /// Inputs that replace those of nodes, by node.
    pub nodes_input_masks: Object,
    /// The execution that starts it.
    pub parent_graph_exec_id: Option<Id>,
}

/// A node that an execution starts at, with its inputs.
#[derive(Debug)]
pub struct StartingNode {
    /// The node.
    pub node_id: Id,
    /// What goes into it, by name.
    pub input: Object,
}

#[derive(Serialize)]
struct CreateArgs<'a> {
    id: Id,
    user_id: &'a UserId,
    graph_id: Id,
    graph_version: i32,
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

/// Creates an execution of `user`: INCOMPLETE, its starting nodes QUEUED. Everything in it gets its identifier.
pub fn create(user: &UserId, new: NewExecution) -> Write<GraphExecutionWithNodes> {
    let starting_node = |StartingNode { node_id, input }| StartingNodeArgs {
        id: Id::generate(),
        node_id,
        inputs: NewValue::of_object(input),
    };
    let args = CreateArgs {
        id: Id::generate(),
        user_id: user,
        graph_id: new.graph_id,
        graph_version: new.graph_version,
        inputs: new.inputs,
        preset_id: new.preset_id,
        credential_inputs: new.credential_inputs,
        nodes_input_masks: new.nodes_input_masks,
        parent_id: new.parent_graph_exec_id,
        starting_nodes: new.starting_nodes.into_iter().map(starting_node).collect(),
    };
    Write::new(CREATE, &args).map(|row: WithNodes, log| row.into_execution(log))
}
