//! `POST /api/executions/{id}/restore`.

use http::{Method, StatusCode};
use runledger_models::GraphExecution;
use runledger_store::executions;
use runledger_web::{AnyRole, Call, Endpoint, NoParams, Problem, Reply};

use crate::{get::ExecutionPath, view::View};

/// Undoes a soft delete.
pub(crate) struct RestoreExecution;

impl Endpoint for RestoreExecution {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/executions/{id}/restore";
    const SUMMARY: &'static str = "Bring a deleted execution back";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND];
    type Access = AnyRole;
    type Path = ExecutionPath;
    type Query = NoParams;
    type Body = ();
    type Reply = GraphExecution;

    async fn handle(call: Call<Self>) -> Result<Reply<GraphExecution>, Problem> {
        let done = call
            .ledger
            .write(executions::restore(&call.who.scope(), &call.path.id))
            .await?;
        Ok(Reply::done(
            done.map(|execution| execution.for_caller(&call.who, &call.config)),
        ))
    }
}
