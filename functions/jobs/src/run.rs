//! `POST /api/internal/jobs/{name}/run`.

use std::rc::Rc;

use http::{Method, StatusCode};
use runledger_models::{Id, job::ScheduledJob};
use runledger_web::{Call, Endpoint, NoParams, Problem, Reply, ServiceOnly, params};
use serde::Serialize;
use utoipa::ToSchema;

use crate::job::{Calls, Run, run};

params! {
    /// The job.
    pub(crate) struct JobPath {
        /// `refresh-views`, `accuracy-scan`, `block-errors`, `late-executions`, `analytics-tick` or `prune`.
        name: Id,
    }
}

/// What a call to run a job came to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobRun {
    /// The job.
    job: &'static str,
    /// Whether this call ran it; false while another run is at work.
    ran: bool,
    /// What the run came to; null without one.
    #[schema(value_type = Option<Object>)]
    outcome: Option<serde_json::Value>,
}

/// Runs a job, unless a run of it is at work.
pub(crate) struct RunJob;

impl Endpoint for RunJob {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/internal/jobs/{name}/run";
    const SUMMARY: &'static str = "Run a scheduled job now, unless it is running";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND];
    type Access = ServiceOnly;
    type Path = JobPath;
    type Query = NoParams;
    type Body = ();
    type Reply = JobRun;

    async fn handle(call: Call<Self>) -> Result<Reply<JobRun>, Problem> {
        let job =
            ScheduledJob::named(call.path.name.as_str()).ok_or_else(|| Problem::not_found("there is no such job"))?;
        let outcome = run(job, &Rc::new(call.ledger.into_db()), &call.config, Calls::GoOn).await?;
        Ok(Reply::new(JobRun {
            job: job.name(),
            ran: matches!(outcome, Run::Done(_)),
            outcome: match outcome {
                Run::Done(outcome) => Some(outcome),
                Run::Busy => None,
            },
        }))
    }
}
