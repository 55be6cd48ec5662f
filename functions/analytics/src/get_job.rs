//! `GET /api/executions/admin/execution_analytics/jobs/{id}`.

use http::{Method, StatusCode};
use runledger_models::{Id, scoring::ScoringJob};
use runledger_store::scoring;
use runledger_web::{AdminOnly, Call, Endpoint, NoParams, Problem, Reply, params};

params! {
    /// The job.
    pub(crate) struct JobPath {
        /// The job.
        id: Id,
    }
}

/// Shows a scoring job.
pub(crate) struct GetScoringJob;

impl Endpoint for GetScoringJob {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/executions/admin/execution_analytics/jobs/{id}";
    const CONDITIONAL: bool = true;
    const SUMMARY: &'static str = "Show how far a scoring job is, and what it has cost";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND];
    type Access = AdminOnly;
    type Path = JobPath;
    type Query = NoParams;
    type Body = ();
    type Reply = ScoringJob;

    async fn handle(call: Call<Self>) -> Result<Reply<ScoringJob>, Problem> {
        let job = call.ledger.read(scoring::get(&call.who.scope(), &call.path.id)).await?;
        Ok(Reply::new(job))
    }
}
