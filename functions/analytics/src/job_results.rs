//! `GET /api/executions/admin/execution_analytics/jobs/{id}/results`.

use http::{Method, StatusCode};
use runledger_models::{Bounded, scoring::ScoreResult};
use runledger_store::scoring;
use runledger_web::{AdminOnly, Call, Endpoint, NumberCursor, Problem, Reply, params};
use serde::Serialize;
use utoipa::ToSchema;

use crate::get_job::JobPath;

const DEFAULT_LIMIT: u32 = 100;

params! {
    /// Which part of the results.
    pub(crate) struct ResultsQuery {
        /// Where the last part ended.
        cursor: Option<NumberCursor>,
        /// The most results; 100 without it.
        limit: Option<Bounded<1, 1000>>,
    }
}

/// Results of a job, in the order in which they came.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScoringResults {
    /// The results.
    results: Vec<ScoreResult>,
    /// Where the next part begins. Null where there is none, or none yet: then the same cursor serves later.
    next_cursor: Option<String>,
}

/// Lists what came of the executions of a job.
pub(crate) struct ListScoringResults;

impl Endpoint for ListScoringResults {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/executions/admin/execution_analytics/jobs/{id}/results";
    const SUMMARY: &'static str = "List what came of the executions of a scoring job";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND];
    type Access = AdminOnly;
    type Path = JobPath;
    type Query = ResultsQuery;
    type Body = ();
    type Reply = ScoringResults;

    async fn handle(call: Call<Self>) -> Result<Reply<ScoringResults>, Problem> {
        let limit = call.query.limit.map_or(DEFAULT_LIMIT, Bounded::get);
        let after = call.query.cursor.map_or(0, |NumberCursor(after)| after);
        let after = u32::try_from(after).map_err(|_| Problem::invalid_at("/query/cursor", "is of another list"))?;
        let found = call
            .ledger
            .read(scoring::results(&call.who.scope(), &call.path.id, after, limit))
            .await?;
        let done = found.job.done();
        let last = found.results.last().map(|last| last.done);
        Ok(Reply::new(ScoringResults {
            next_cursor: last
                .filter(|last| u64::from(*last) < done)
                .map(|last| NumberCursor(last.into()).encode()),
            results: found.results.into_iter().map(|numbered| numbered.result).collect(),
        }))
    }
}
