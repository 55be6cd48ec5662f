//! `POST /api/graphs/{graph_id}/executions`.

use http::{Method, StatusCode};
use runledger_models::{Id, Object, json};
use runledger_store::executions::{self, NewExecution, StartingNode};
use runledger_web::{Call, Endpoint, JsonBody, NoParams, OnBehalf, Problem, Reply};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{get::ExecutionWithNodes, list::GraphPath};

/// What an execution starts from.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "graph_version": 1,
    "inputs": {"question": "why"},
    "starting_nodes_input": [{"node_id": "0197a3c2-7d4f-7b20-a1c6-3e9f8d7c6b5a", "input": {"value": "why"}}]
}))]
pub(crate) struct CreateExecutionBody {
    /// The version of the graph to run.
    #[schema(minimum = 0)]
    graph_version: i32,
    /// The inputs of the whole run, by name.
    #[schema(value_type = Object)]
    inputs: Object,
    /// The nodes to start at.
    #[serde(deserialize_with = "json::records")]
    starting_nodes_input: Vec<StartingNodeInput>,
    /// The preset that starts it.
    preset_id: Option<Id>,
    /// The credentials that it is given, by name: what they are, never their secrets.
    #[schema(value_type = Option<Object>)]
    credential_inputs: Option<Object>,
    /// Inputs that replace those of nodes, by node.
    #[schema(value_type = Option<Object>)]
    nodes_input_masks: Option<Object>,
    /// The execution that starts this one; of the same user.
    parent_graph_exec_id: Option<Id>,
}

/// A node to start at, with its inputs.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartingNodeInput {
    /// The node.
    node_id: Id,
    /// What goes into it, by name.
    #[schema(value_type = Object)]
    input: Object,
}

impl CreateExecutionBody {
    fn into_new(self, graph_id: Id) -> NewExecution {
        let starting_node = |StartingNodeInput { node_id, input }| StartingNode { node_id, input };
        NewExecution {
            graph_id,
            graph_version: self.graph_version,
            inputs: self.inputs,
            starting_nodes: self.starting_nodes_input.into_iter().map(starting_node).collect(),
            preset_id: self.preset_id,
            credential_inputs: self.credential_inputs.unwrap_or_default(),
            nodes_input_masks: self.nodes_input_masks.unwrap_or_default(),
            parent_graph_exec_id: self.parent_graph_exec_id,
        }
    }
}

/// Creates an execution: INCOMPLETE, its starting nodes QUEUED.
pub(crate) struct CreateExecution;

impl Endpoint for CreateExecution {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/graphs/{graph_id}/executions";
    const STATUS: StatusCode = StatusCode::CREATED;
    const LOCATED: bool = true;
    const SUMMARY: &'static str = "Create an execution with its starting nodes";
    const PROBLEMS: &'static [u16] = &[409];
    type Access = OnBehalf;
    type Path = GraphPath;
    type Query = NoParams;
    type Body = JsonBody<CreateExecutionBody>;
    type Reply = ExecutionWithNodes;

    async fn handle(call: Call<Self>) -> Result<Reply<ExecutionWithNodes>, Problem> {
        let JsonBody(body) = call.body;
        let new = body.into_new(call.path.graph_id);
        let done = call.ledger.write(executions::create(&call.who, new)).await?;
        let location = format!("/api/executions/{}", done.value.execution.base.id);
        // It comes with all the nodes that it has so far.
        Ok(Reply::done(done.map(|execution| ExecutionWithNodes::new(execution, None))).at(&location))
    }
}
