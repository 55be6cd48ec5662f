//! `POST /rpc/update_node_execution_status_batch`.

use runledger_models::{ExecutionStatus, Id, Object, status::MovedTo};
use runledger_store::nodes;
use runledger_web::{
    Problem, Reply,
    rpc::{Called, Method, seeds},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// The most node executions of one call.
const MAX_IDS: usize = 10_000;

/// The status to move node executions to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"node_exec_ids": ["0197a3c2-9b11-7f44-b0d2-1c5e7a9d3f86"], "status": "RUNNING"}))]
pub(crate) struct UpdateNodeExecutionStatusBatchArgs {
    /// The node executions, at most 10,000.
    #[schema(max_items = 10_000)]
    node_exec_ids: Vec<Id>,
    /// The status to move to.
    #[schema(value_type = MovedTo)]
    status: ExecutionStatus,
    /// Statistics in place of those that are stored.
    #[schema(value_type = Option<Object>)]
    stats: Option<Object>,
}

/// Moves those of some node executions that may move.
pub(crate) struct UpdateNodeExecutionStatusBatch;

impl Method for UpdateNodeExecutionStatusBatch {
    const PATH: &'static str = "/rpc/update_node_execution_status_batch";
    const SUMMARY: &'static str =
        "Change the status of those node executions that may take it; answers how many they were";
    const SEED: &'static str = seeds::EXECUTION;
    type Args = UpdateNodeExecutionStatusBatchArgs;
    type Value = u64;

    async fn call(called: Called<Self>) -> Result<Reply<u64>, Problem> {
        let UpdateNodeExecutionStatusBatchArgs {
            node_exec_ids: ids,
            status,
            stats,
        } = called.args;
        if ids.len() > MAX_IDS {
            return Err(Problem::invalid_at(
                "/node_exec_ids",
                format!("holds more than {MAX_IDS} ids"),
            ));
        }
        status.check_target()?;
        let scope = called.caller.scope();
        let done = called
            .ledger
            .write(nodes::change_many(&scope, &ids, status, stats))
            .await?;
        Ok(Reply::done(done))
    }
}
