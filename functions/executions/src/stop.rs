//! `POST /api/executions/{id}/stop`.

use http::{Method, StatusCode};
use runledger_models::GraphExecution;
use runledger_store::executions;
use runledger_web::{AnyRole, Call, Endpoint, NoParams, Problem, Reply};

use crate::{get::ExecutionPath, view::View};

/// Terminates an execution, its unfinished nodes, and everything unfinished that it started.
pub(crate) struct StopExecution;

impl Endpoint for StopExecution {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/executions/{id}/stop";
    const SUMMARY: &'static str = "Stop an execution, its nodes, and what it started";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND, StatusCode::CONFLICT];
    type Access = AnyRole;
    type Path = ExecutionPath;
    type Query = NoParams;
    type Body = ();
    type Reply = GraphExecution;

    async fn handle(call: Call<Self>) -> Result<Reply<GraphExecution>, Problem> {
        let done = call
            .ledger
            .write(executions::stop(&call.who.scope(), &call.path.id))
            .await?;
        Ok(Reply::done(
            done.map(|execution| execution.for_caller(&call.who, &call.config)),
        ))
    }
}
