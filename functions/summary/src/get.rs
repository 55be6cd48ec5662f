//! `GET /api/summary`.

use http::Method;
use runledger_models::{Timestamp, summary::Summary};
use runledger_store::summary;
use runledger_web::{AnyRole, Call, Endpoint, NoParams, Problem, Reply, params, time_range};

/// The range without `start_time`, in days.
const DEFAULT_DAYS: u32 = 30;

params! {
    /// The time whose executions are summed up.
    pub(crate) struct SummaryQuery {
        /// Executions created at this time or later; 30 days before the end without it.
        start_time: Option<Timestamp>,
        /// Executions created at this time or earlier; now without it.
        end_time: Option<Timestamp>,
    }
}

/// Sums up the caller's executions.
pub(crate) struct GetSummary;

impl Endpoint for GetSummary {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/summary";
    const SUMMARY: &'static str = "Sum up executions: how many, how they ended, what they cost, how long they took";
    type Access = AnyRole;
    type Path = NoParams;
    type Query = SummaryQuery;
    type Body = ();
    type Reply = Summary;

    async fn handle(call: Call<Self>) -> Result<Reply<Summary>, Problem> {
        let SummaryQuery { start_time, end_time } = call.query;
        let range = time_range(start_time, end_time, DEFAULT_DAYS)?;
        let summary = call.ledger.read(summary::summary(&call.who.scope(), range)).await?;
        Ok(Reply::new(summary))
    }
}
