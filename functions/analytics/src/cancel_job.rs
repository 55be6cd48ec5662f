//! `DELETE /api/executions/admin/execution_analytics/jobs/{id}`.

use http::{Method, StatusCode};
use runledger_store::scoring;
use runledger_web::{AdminOnly, Call, Endpoint, NoContent, NoParams, Problem, Reply};

use crate::get_job::JobPath;

/// Cancels a scoring job.
pub(crate) struct CancelScoringJob;

impl Endpoint for CancelScoringJob {
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/api/executions/admin/execution_analytics/jobs/{id}";
    const STATUS: StatusCode = StatusCode::NO_CONTENT;
    const SUMMARY: &'static str = "Cancel a scoring job: what is with the model is still stored, nothing else is begun";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND, StatusCode::CONFLICT];
    type Access = AdminOnly;
    type Path = JobPath;
    type Query = NoParams;
    type Body = ();
    type Reply = NoContent;

    async fn handle(call: Call<Self>) -> Result<Reply<NoContent>, Problem> {
        let done = call
            .ledger
            .write(scoring::cancel(&call.who.scope(), &call.path.id))
            .await?;
        Ok(Reply::done(done.map(|()| NoContent)))
    }
}
