//! `POST /rpc/create_graph_execution`.

use runledger_models::{GraphExecutionWithNodes, Id, Object};
use runledger_store::executions::{self, NewExecution, StartingNode};
use runledger_web::{
    Problem, Reply, named_user,
    rpc::{Called, Method, seeds},
};
use serde::Deserialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ArrayBuilder, ObjectBuilder, RefOr, Schema, Type, schema::ArrayItems},
};

/// A node to start at, and what goes into it: how the description shows the pair.
struct StartingPair;

impl ToSchema for StartingPair {}

impl PartialSchema for StartingPair {
    fn schema() -> RefOr<Schema> {
        let id = match Id::schema() {
            RefOr::T(id) => id,
            RefOr::Ref(_) => Schema::default(),
        };
        let inputs = ObjectBuilder::new().schema_type(Type::Object).into();
        ArrayBuilder::new()
            .description(Some("A node to start at, and what goes into it, by name."))
            .prefix_items([id, inputs])
            .items(ArrayItems::False)
            .min_items(Some(2))
            .max_items(Some(2))
            .into()
    }
}

/// What an execution starts from.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "graph_id": "0197a3c2-7d4e-7c11-9a55-0d6f1c2b3a49",
    "graph_version": 1,
    "starting_nodes_input": [["0197a3c2-7d4f-7b20-a1c6-3e9f8d7c6b5a", {"value": "why"}]],
    "inputs": {"question": "why"},
    "user_id": "0197a3c2-1b00-7a4e-8c21-5f0e9d3b7c11"
}))]
pub(crate) struct CreateGraphExecutionArgs {
    /// The graph to run.
    graph_id: Id,
    /// The version of the graph.
    #[schema(minimum = 0)]
    graph_version: i32,
    /// The nodes to start at, as pairs: the node, and what goes into it, by name.
    #[schema(value_type = Vec<StartingPair>)]
    starting_nodes_input: Vec<(Id, Object)>,
    /// The inputs of the whole run, by name.
    #[schema(value_type = Object)]
    inputs: Object,
    /// Whose it is.
    user_id: Id,
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

/// Creates an execution: INCOMPLETE, its starting nodes QUEUED.
pub(crate) struct CreateGraphExecution;

impl Method for CreateGraphExecution {
    const PATH: &'static str = "/rpc/create_graph_execution";
    const SUMMARY: &'static str = "Create an execution with its starting nodes";
    const SEED: &'static str = seeds::EXECUTION;
    type Args = CreateGraphExecutionArgs;
    type Value = GraphExecutionWithNodes;

    async fn call(called: Called<Self>) -> Result<Reply<GraphExecutionWithNodes>, Problem> {
        let args = called.args;
        let user = named_user(&called.caller, &args.user_id, "/user_id")?;
        let starting_node = |(node_id, input)| StartingNode { node_id, input };
        let new = NewExecution {
            graph_id: args.graph_id,
            graph_version: args.graph_version,
            inputs: args.inputs,
            starting_nodes: args.starting_nodes_input.into_iter().map(starting_node).collect(),
            preset_id: args.preset_id,
            credential_inputs: args.credential_inputs.unwrap_or_default(),
            nodes_input_masks: args.nodes_input_masks.unwrap_or_default(),
            parent_graph_exec_id: args.parent_graph_exec_id,
        };
        let done = called.ledger.write(executions::create(&user, new)).await?;
        Ok(Reply::done(done))
    }
}
