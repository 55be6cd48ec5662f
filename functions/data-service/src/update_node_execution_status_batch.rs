//! `POST /rpc/update_node_execution_status_batch`.

use runledger_models::{Id, Move, Object, bounded::Several};
use runledger_store::nodes;
use runledger_web::{
    Problem, Reply,
    rpc::{Called, Method, seeds},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// The node executions of one call.
type Ids = Several<Id, 0, 10_000>;

/// The status to move node executions to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"node_exec_ids": ["0197a3c2-9b11-7f44-b0d2-1c5e7a9d3f86"], "status": "RUNNING"}))]
pub(crate) struct UpdateNodeExecutionStatusBatchArgs {
    /// The node executions, at most 10,000.
    node_exec_ids: Ids,
    /// The status to move to.
    status: Move,
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
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    type Args = UpdateNodeExecutionStatusBatchArgs;
    type Value = u64;

    async fn call(called: Called<Self>) -> Result<Reply<u64>, Problem> {
        let UpdateNodeExecutionStatusBatchArgs {
            node_exec_ids: ids,
            status,
            stats,
        } = called.args;
        let scope = called.caller.scope();
        let done = called
            .ledger
            .write(nodes::change_many(&scope, ids.as_slice(), status, stats))
            .await?;
        Ok(Reply::done(done))
    }
}
