//! `GET /api/summary`.

use http::Method;
use runledger_models::{Timestamp, summary::Summary};
use runledger_store::summary;
use runledger_web::{AnyRole, Call, Endpoint, NoParams, Problem, Reply, params};

/// The range without `start_time`, in days.
const DEFAULT_DAYS: i64 = 30;
const MILLIS_OF_A_DAY: i64 = 24 * 60 * 60 * 1000;

params! {
    /// The time whose executions are summed up.
    pub(crate) struct SummaryQuery {
        /// Executions created at this time or later; 30 days before the end without it.
        start_time: Option<Timestamp>,
        /// Executions created at this time or earlier; now without it.
        end_time: Option<Timestamp>,
    }
}

impl SummaryQuery {
    /// Both ends of the range.
    fn range(self) -> Result<(Timestamp, Timestamp), Problem> {
        let end = self.end_time.unwrap_or_else(Timestamp::now);
        let start = self
            .start_time
            .or_else(|| Timestamp::from_millis(end.millis() - DEFAULT_DAYS * MILLIS_OF_A_DAY))
            .unwrap_or(end);
        if start > end {
            return Err(Problem::invalid_at(
                "/query/start_time",
                "is after the end of the range",
            ));
        }
        Ok((start, end))
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
        let (start, end) = call.query.range()?;
        let summary = summary::summary(&call.db, &call.who.scope(), start, end).await?;
        Ok(Reply::new(summary))
    }
}
