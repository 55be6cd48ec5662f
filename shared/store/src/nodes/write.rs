//! What goes into a node execution, and what comes out of it.

use runledger_models::{
    Id, Json, NodeExecutionResult, Object, Scope,
    node::{NamedValue, NodeData},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{NodeRow, rows::NodeColumns};
use crate::{Write, db::carried};

/// The look for a node execution to join comes after the lock, and sees what was committed while it was waited for. In
/// one plain statement it could not: the statement's snapshot is older than any lock that it takes.
const GIVE_INPUT: &str = include_str!("give_input.sql");
const GIVE_OUTPUT: &str = include_str!("give_output.sql");

/// An input of a node.
#[derive(Debug)]
pub struct NewInput {
    /// Its name.
    pub name: String,
    /// Its value.
    pub data: Json,
    /// The node execution that it is for; any that lacks it, or a new one, without.
    pub node_exec_id: Option<Id>,
}

/// A node execution with an input that it has just been given.
#[derive(Debug)]
pub struct GivenInput {
    /// The node execution.
    pub node: NodeExecutionResult,
    /// All inputs that it was given one by one, by name.
    pub input_data: Object,
}

#[derive(Serialize)]
struct InputArgs<'a> {
    lock: String,
    graph_exec_id: &'a Id,
    node_id: &'a Id,
    user_id: Option<&'a str>,
    name: String,
    #[serde(serialize_with = "carried")]
    data: Json,
    #[serde(skip_serializing_if = "Option::is_none")]
    node_exec_id: Option<Id>,
    new_id: Id,
    value_id: Id,
}

#[derive(Deserialize)]
struct WithGiven {
    node: NodeColumns,
    data: NodeData,
    given: NamedValue,
}

/// Gives an input to the oldest INCOMPLETE execution of a node that lacks it, or to a new one.
pub fn give_input(scope: &Scope, graph_exec_id: &Id, node_id: &Id, input: NewInput) -> Write<GivenInput> {
    let args = InputArgs {
        lock: format!("input {graph_exec_id} {node_id}"),
        graph_exec_id,
        node_id,
        user_id: scope.user_id(),
        name: input.name,
        data: input.data,
        node_exec_id: input.node_exec_id,
        new_id: Id::generate(),
        value_id: Id::generate(),
    };
    Write::new(GIVE_INPUT, &args).map(|WithGiven { node, mut data, given }, log| {
        data.add_input(given.name, given.data);
        let input_data = data.given_inputs();
        GivenInput {
            node: NodeRow::new(node, data).into_result(log),
            input_data,
        }
    })
}

#[derive(Serialize)]
struct OutputArgs<'a> {
    id: &'a Id,
    user_id: Option<&'a str>,
    value_id: Id,
    name: String,
    #[serde(serialize_with = "carried", skip_serializing_if = "Option::is_none")]
    data: Option<Json>,
}

/// Notes an output of the node execution `id`.
pub fn give_output(scope: &Scope, id: &Id, name: String, data: Option<Json>) -> Write<()> {
    let args = OutputArgs {
        id,
        user_id: scope.user_id(),
        value_id: Id::generate(),
        name,
        data,
    };
    Write::<Box<RawValue>>::new(GIVE_OUTPUT, &args).unit()
}
