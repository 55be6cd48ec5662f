//! `POST /rpc/get_user_execution_summary_data`.

use runledger_models::{Id, Scope, Timestamp, summary::Summary, time::TimeRange};
use runledger_store::summary;
use runledger_web::{
    Problem, Reply, named_user,
    rpc::{Called, Method, seeds},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// Whose executions, of which time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "user_id": "0197a3c2-1b00-7a4e-8c21-5f0e9d3b7c11",
    "start_time": "2026-01-02T03:04:05.678Z",
    "end_time": "2026-01-09T03:04:05.678Z"
}))]
pub(crate) struct GetUserExecutionSummaryDataArgs {
    /// The user.
    user_id: Id,
    /// Executions created at this time or later.
    start_time: Timestamp,
    /// Executions created at this time or earlier.
    end_time: Timestamp,
}

/// Sums up a user's executions.
pub(crate) struct GetUserExecutionSummaryData;

impl Method for GetUserExecutionSummaryData {
    const PATH: &'static str = "/rpc/get_user_execution_summary_data";
    const SUMMARY: &'static str =
        "Sum up a user's executions: how many, how they ended, what they cost, how long they took";
    const PLATFORM_SOURCE: &'static str = seeds::SUMMARY;
    const READS: bool = true;
    type Args = GetUserExecutionSummaryDataArgs;
    type Value = Summary;

    async fn call(called: Called<Self>) -> Result<Reply<Summary>, Problem> {
        let GetUserExecutionSummaryDataArgs {
            user_id,
            start_time,
            end_time,
        } = called.args;
        let scope = Scope::User(named_user(&called.caller, &user_id, "/user_id")?);
        let range = TimeRange::new(start_time, end_time)?;
        let summary = called.ledger.read(summary::summary(&scope, range)).await?;
        Ok(Reply::new(summary))
    }
}
