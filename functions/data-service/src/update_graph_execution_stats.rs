//! `POST /rpc/update_graph_execution_stats`.

use runledger_models::{Change, GraphExecution};
use runledger_store::{OnIllegalMove, executions};
use runledger_web::{
    Problem, Reply, arguments,
    rpc::{Called, Method, seeds},
};

arguments! {
    /// What to change in an execution: at least one of the two.
    #[example = json!({
        "graph_exec_id": "0197a3c2-9b10-7d02-8f3e-6a1d2c4b5e70",
        "status": "COMPLETED",
        "stats": {"cost": 12, "walltime": 1.5, "node_count": 2}
    })]
    pub(crate) struct UpdateGraphExecutionStatsArgs {
        /// The execution.
        graph_exec_id: Id,
        ..change: Change
    }
}

/// Moves an execution to another status, changes its statistics, or both.
pub(crate) struct UpdateGraphExecutionStats;

impl Method for UpdateGraphExecutionStats {
    const PATH: &'static str = "/rpc/update_graph_execution_stats";
    const SUMMARY: &'static str =
        "Change an execution's status, statistics, or both; one that may not move is answered as it stands";
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    type Args = UpdateGraphExecutionStatsArgs;
    type Value = GraphExecution;

    async fn call(called: Called<Self>) -> Result<Reply<GraphExecution>, Problem> {
        let UpdateGraphExecutionStatsArgs { graph_exec_id, change } = called.args;
        // The seed changes nothing where the move is illegal, and answers what it finds.
        let change = executions::change(
            &called.caller.scope(),
            &graph_exec_id,
            change,
            OnIllegalMove::AnswerAsItIs,
        );
        let changed = called.ledger.write(change).await?;
        Ok(Reply::done(changed))
    }
}
