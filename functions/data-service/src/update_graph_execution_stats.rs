//! `POST /rpc/update_graph_execution_stats`.

use runledger_models::{ExecutionStatus, GraphExecution, Id, Object, stats::SentStats, status::MovedTo};
use runledger_store::executions::{self, Change};
use runledger_web::{
    Problem, Reply,
    rpc::{Called, Method, seeds},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// What to change in an execution: at least one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "graph_exec_id": "0197a3c2-9b10-7d02-8f3e-6a1d2c4b5e70",
    "status": "COMPLETED",
    "stats": {"cost": 12, "walltime": 1.5, "node_count": 2}
}))]
pub(crate) struct UpdateGraphExecutionStatsArgs {
    /// The execution.
    graph_exec_id: Id,
    /// The status to move to.
    #[schema(value_type = Option<MovedTo>)]
    status: Option<ExecutionStatus>,
    /// Statistics to merge into those that are stored.
    #[schema(value_type = Option<SentStats>)]
    stats: Option<Object>,
}

/// Moves an execution to another status, changes its statistics, or both.
pub(crate) struct UpdateGraphExecutionStats;

impl Method for UpdateGraphExecutionStats {
    const PATH: &'static str = "/rpc/update_graph_execution_stats";
    const SUMMARY: &'static str =
        "Change an execution's status, statistics, or both; one that may not move is answered as it stands";
    const SEED: &'static str = seeds::EXECUTION;
    type Args = UpdateGraphExecutionStatsArgs;
    type Value = GraphExecution;

    async fn call(called: Called<Self>) -> Result<Reply<GraphExecution>, Problem> {
        let args = called.args;
        args.status.map_or(Ok(()), ExecutionStatus::check_target)?;
        // The seed changes nothing where the move is illegal, and answers what it finds.
        let change = Change {
            or_as_it_is: true,
            ..Change::new(args.status, args.stats)?
        };
        let scope = called.caller.scope();
        let changed = called
            .ledger
            .write(executions::change(&scope, &args.graph_exec_id, change))
            .await?;
        Ok(Reply::done(changed))
    }
}
