//! `POST /rpc/create_graph_execution`.

use runledger_models::{GraphExecutionWithNodes, Id, Object};
use runledger_store::executions::{self, NewExecution, StartingNode};
use runledger_web::{
    Problem, Reply, named_user,
    rpc::{Called, Method, seeds},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// What an execution starts from.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateGraphExecutionArgs {
    /// The graph to run.
    graph_id: Id,
    /// The version of the graph.
    #[schema(minimum = 0)]
    graph_version: i32,
    /// The nodes to start at, as pairs: the node, and what goes into it, by name.
    #[schema(value_type = Vec<Vec<Value>>)]
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
        let done = executions::create(&called.db, called.once.as_ref(), &user, new).await?;
        Ok(Reply::done(done))
    }
}
