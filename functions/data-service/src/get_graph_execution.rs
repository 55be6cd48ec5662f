//! `POST /rpc/get_graph_execution`.

use runledger_models::{GraphExecution, GraphExecutionWithNodes, Id, Scope};
use runledger_store::executions;
use runledger_web::{
    Problem, Reply, named_user,
    rpc::{Called, Method, Rows, found, found_whole, seeds, whole},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which execution, and how much of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "user_id": "0197a3c2-1b00-7a4e-8c21-5f0e9d3b7c11",
    "execution_id": "0197a3c2-9b10-7d02-8f3e-6a1d2c4b5e70",
    "include_node_executions": true
}))]
pub(crate) struct GetGraphExecutionArgs {
    /// Whose it is.
    user_id: Id,
    /// The execution.
    execution_id: Id,
    /// Whether its node executions are in the answer; they are not without it.
    include_node_executions: Option<bool>,
}

/// An execution, with or without its nodes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum AnyExecution {
    /// With its nodes.
    WithNodes(GraphExecutionWithNodes),
    /// Without.
    Alone(GraphExecution),
}

/// An execution, or none.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct MaybeExecution(pub(crate) Option<AnyExecution>);

/// Reads an execution.
pub(crate) struct GetGraphExecution;

impl Method for GetGraphExecution {
    const PATH: &'static str = "/rpc/get_graph_execution";
    const SUMMARY: &'static str = "Read an execution with its inputs and outputs; null if there is none";
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    const READS: bool = true;
    type Args = GetGraphExecutionArgs;
    type Value = MaybeExecution;

    async fn call(called: Called<Self>) -> Result<Reply<MaybeExecution>, Problem> {
        let args = called.args;
        let budget = called.ledger.budget();
        let scope = Scope::User(named_user(&called.caller, &args.user_id, "/user_id")?);
        let execution = if args.include_node_executions == Some(true) {
            let rows = Rows::new(None, budget);
            let read = called
                .ledger
                .read(executions::get_with_nodes(
                    &scope,
                    None,
                    &args.execution_id,
                    rows.limit(),
                ))
                .await;
            let read = found(read)?.map(|(mut execution, next)| {
                execution.node_executions = rows.whole(execution.node_executions, next.as_ref())?;
                whole(execution, budget)
            });
            read.transpose()?.map(AnyExecution::WithNodes)
        } else {
            let read = called
                .ledger
                .read(executions::get(&scope, None, &args.execution_id))
                .await;
            found_whole(read, budget)?.map(AnyExecution::Alone)
        };
        Ok(Reply::new(MaybeExecution(execution)))
    }
}
