//! `POST /api/executions/{id}/nodes/{node_id}/inputs`.

use http::{Method, StatusCode};
use runledger_models::{Id, Json, NodeExecutionResult, Object};
use runledger_store::nodes::{self, NewInput};
use runledger_web::{Call, Endpoint, JsonBody, NoParams, Problem, Reply, ServiceOnly};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::latest_node::ExecutionNodePath;

/// An input of a node.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "question", "data": "why"}))]
pub(crate) struct NodeInputBody {
    /// Its name.
    name: String,
    /// Its value.
    data: Json,
    /// The node execution that it is for. Without it: the oldest INCOMPLETE one that lacks this input, or a new one.
    node_exec_id: Option<Id>,
}

/// A node execution with an input that it has just been given.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GivenNodeInput {
    /// The node execution.
    node_execution: NodeExecutionResult,
    /// All inputs that it was given one by one, by name.
    #[schema(value_type = Object)]
    input_data: Object,
}

/// Gives an input to a node.
pub(crate) struct GiveNodeInput;

impl Endpoint for GiveNodeInput {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/executions/{id}/nodes/{node_id}/inputs";
    const SUMMARY: &'static str =
        "Give an input to a node: to an execution of it that lacks the input, or to a new one";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND, StatusCode::CONFLICT];
    type Access = ServiceOnly;
    type Path = ExecutionNodePath;
    type Query = NoParams;
    type Body = JsonBody<NodeInputBody>;
    type Reply = GivenNodeInput;

    async fn handle(call: Call<Self>) -> Result<Reply<GivenNodeInput>, Problem> {
        let ExecutionNodePath { id, node_id } = &call.path;
        let JsonBody(NodeInputBody {
            name,
            data,
            node_exec_id,
        }) = call.body;
        let input = NewInput {
            name,
            data,
            node_exec_id,
        };
        let done = call
            .ledger
            .write(nodes::give_input(&call.who.scope(), id, node_id, input))
            .await?;
        Ok(Reply::done(done.map(|given| GivenNodeInput {
            node_execution: given.node,
            input_data: given.input_data,
        })))
    }
}
