//! `POST /rpc/update_graph_execution_start_time`.

use runledger_models::{Change, Id, Move};
use runledger_store::{Error, OnIllegalMove, executions};
use runledger_web::{
    Problem, Reply,
    rpc::{Called, Method, seeds},
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::get_graph_execution::{AnyExecution, MaybeExecution};

/// Which execution starts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"graph_exec_id": "0197a3c2-9b10-7d02-8f3e-6a1d2c4b5e70"}))]
pub(crate) struct UpdateGraphExecutionStartTimeArgs {
    /// The execution.
    graph_exec_id: Id,
}

/// Starts an execution.
pub(crate) struct UpdateGraphExecutionStartTime;

impl Method for UpdateGraphExecutionStartTime {
    const PATH: &'static str = "/rpc/update_graph_execution_start_time";
    const SUMMARY: &'static str = "Move an execution to RUNNING and note when it started; null if there is none";
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    type Args = UpdateGraphExecutionStartTimeArgs;
    type Value = MaybeExecution;

    async fn call(called: Called<Self>) -> Result<Reply<MaybeExecution>, Problem> {
        let (scope, change) = (called.caller.scope(), Change::to(Move::RUNNING));
        let start = executions::change(&scope, &called.args.graph_exec_id, change, OnIllegalMove::Refuse);
        match called.ledger.write(start).await {
            Err(Error::Missing) => Ok(Reply::new(MaybeExecution(None))),
            started => Ok(Reply::done(
                started?.map(|execution| MaybeExecution(Some(AnyExecution::Alone(execution)))),
            )),
        }
    }
}
