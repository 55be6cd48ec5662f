//! `GET /api/executions/admin/execution_analytics/jobs`.

use http::Method;
use runledger_models::{Bounded, Id, scoring::ScoringJob};
use runledger_store::scoring;
use runledger_web::{AdminOnly, Call, Cursor, Endpoint, NoParams, Problem, Reply, params};
use serde::Serialize;
use utoipa::ToSchema;

const DEFAULT_LIMIT: u32 = 25;

params! {
    /// Which jobs.
    pub(crate) struct JobsQuery {
        /// Only those of this graph.
        graph_id: Option<Id>,
        /// Where the last part ended.
        cursor: Option<Cursor>,
        /// The most jobs; 25 without it.
        limit: Option<Bounded<1, 100>>,
    }
}

/// Jobs, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScoringJobs {
    /// The jobs.
    jobs: Vec<ScoringJob>,
    /// Where the next part begins; null at the end.
    next_cursor: Option<String>,
}

/// Lists scoring jobs.
pub(crate) struct ListScoringJobs;

impl Endpoint for ListScoringJobs {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/executions/admin/execution_analytics/jobs";
    const SUMMARY: &'static str = "List scoring jobs, newest first";
    type Access = AdminOnly;
    type Path = NoParams;
    type Query = JobsQuery;
    type Body = ();
    type Reply = ScoringJobs;

    async fn handle(call: Call<Self>) -> Result<Reply<ScoringJobs>, Problem> {
        let JobsQuery {
            graph_id,
            cursor,
            limit,
        } = call.query;
        let limit = limit.map_or(DEFAULT_LIMIT, Bounded::get);
        let before = cursor.map(|Cursor(position)| position);
        let scope = call.who.scope();
        let (jobs, next) = call
            .ledger
            .read(scoring::list(&scope, graph_id.as_ref(), before.as_ref(), limit))
            .await?;
        Ok(Reply::new(ScoringJobs {
            jobs,
            next_cursor: next.map(|position| Cursor(position).encode()),
        }))
    }
}
