//! `POST /rpc/upsert_execution_input`.

use runledger_models::{Id, Json, NodeExecutionResult, Object};
use runledger_store::nodes::{self, NewInput};
use runledger_web::{
    Problem, Reply,
    rpc::{Called, Method, seeds},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An input of a node.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "node_id": "0197a3c2-7d4f-7b20-a1c6-3e9f8d7c6b5a",
    "graph_exec_id": "0197a3c2-9b10-7d02-8f3e-6a1d2c4b5e70",
    "input_name": "question",
    "input_data": "why"
}))]
pub(crate) struct UpsertExecutionInputArgs {
    /// The node of the graph.
    node_id: Id,
    /// The execution of the graph.
    graph_exec_id: Id,
    /// The input's name.
    input_name: String,
    /// Its value.
    input_data: Json,
    /// The node execution that it is for. Without it: the oldest INCOMPLETE one that lacks this input, or a new one.
    node_exec_id: Option<Id>,
}

/// A pair: the node execution that has been given an input, and all inputs that it was given one by one, by name.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Vec<Value>)]
pub(crate) struct GivenInput((NodeExecutionResult, Object));

/// Gives an input to a node.
pub(crate) struct UpsertExecutionInput;

impl Method for UpsertExecutionInput {
    const PATH: &'static str = "/rpc/upsert_execution_input";
    const SUMMARY: &'static str = "Give an input to a node, to an execution of it that lacks the input or to a new one; answers the node execution and all its inputs";
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    type Args = UpsertExecutionInputArgs;
    type Value = GivenInput;

    async fn call(called: Called<Self>) -> Result<Reply<GivenInput>, Problem> {
        let args = called.args;
        let input = NewInput {
            name: args.input_name,
            data: args.input_data,
            node_exec_id: args.node_exec_id,
        };
        let scope = called.caller.scope();
        let done = called
            .ledger
            .write(nodes::give_input(&scope, &args.graph_exec_id, &args.node_id, input))
            .await?;
        Ok(Reply::done(
            done.map(|given| GivenInput((given.node, given.input_data))),
        ))
    }
}
