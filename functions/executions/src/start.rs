//! `POST /api/executions/{id}/start`.

use http::Method;
use runledger_models::{ExecutionStatus, GraphExecution};
use runledger_store::executions::{self, Change};
use runledger_web::{Call, Endpoint, NoParams, Problem, Reply, ServiceOnly};

use crate::get::ExecutionPath;

/// Marks an execution as running.
pub(crate) struct StartExecution;

impl Endpoint for StartExecution {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/executions/{id}/start";
    const SUMMARY: &'static str = "Start an execution: RUNNING, with its start time";
    const PROBLEMS: &'static [u16] = &[404, 409];
    type Access = ServiceOnly;
    type Path = ExecutionPath;
    type Query = NoParams;
    type Body = ();
    type Reply = GraphExecution;

    async fn handle(call: Call<Self>) -> Result<Reply<GraphExecution>, Problem> {
        let change = Change {
            status: Some(ExecutionStatus::Running),
            ..Change::default()
        };
        let done = call
            .ledger
            .write(executions::change(&call.who.scope(), &call.path.id, change))
            .await?;
        Ok(Reply::done(done))
    }
}
