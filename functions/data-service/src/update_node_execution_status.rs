//! `POST /rpc/update_node_execution_status`.

use runledger_models::{ExecutionStatus, Id, NodeExecutionResult, Object, status::MovedTo};
use runledger_store::{
    Error,
    nodes::{self, Change},
};
use runledger_web::{
    Problem, Reply,
    rpc::{Called, Method, seeds},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// The status to move a node execution to, and what goes with it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "node_exec_id": "0197a3c2-9b11-7f44-b0d2-1c5e7a9d3f86",
    "status": "QUEUED",
    "execution_data": {"question": "why"}
}))]
pub(crate) struct UpdateNodeExecutionStatusArgs {
    /// The node execution.
    node_exec_id: Id,
    /// The status to move to.
    #[schema(value_type = MovedTo)]
    status: ExecutionStatus,
    /// The data that the node runs with, by input name. QUEUED needs it.
    #[schema(value_type = Option<Object>)]
    execution_data: Option<Object>,
    /// Statistics in place of those that are stored.
    #[schema(value_type = Option<Object>)]
    stats: Option<Object>,
}

/// Moves a node execution to another status.
pub(crate) struct UpdateNodeExecutionStatus;

impl Method for UpdateNodeExecutionStatus {
    const PATH: &'static str = "/rpc/update_node_execution_status";
    const SUMMARY: &'static str = "Change a node execution's status; one that may not move is answered as it stands";
    const SEED: &'static str = seeds::EXECUTION;
    type Args = UpdateNodeExecutionStatusArgs;
    type Value = NodeExecutionResult;

    async fn call(called: Called<Self>) -> Result<Reply<NodeExecutionResult>, Problem> {
        let args = called.args;
        args.status.check_target()?;
        // The seed changes nothing where the move is illegal, and answers what it finds.
        let change = Change {
            or_as_it_is: true,
            ..Change::new(args.status, args.execution_data, args.stats)?
        };
        let scope = called.caller.scope();
        match called
            .ledger
            .write(nodes::change(&scope, &args.node_exec_id, change))
            .await
        {
            Err(Error::Missing) => Err(Problem::invalid_at("/node_exec_id", "there is no such node execution")),
            changed => Ok(Reply::done(changed?)),
        }
    }
}
