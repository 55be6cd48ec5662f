//! `DELETE /api/executions/{id}`.

use http::{Method, StatusCode};
use runledger_store::executions::{self, Deletion};
use runledger_web::{AnyRole, Call, Endpoint, NoContent, Problem, Reply, params};

use crate::get::ExecutionPath;

params! {
    /// How to delete.
    pub(crate) struct DeleteQuery {
        /// Whether the rows are removed for good, instead of hidden until they are restored.
        hard: Option<bool>,
    }
}

/// Deletes an execution.
pub(crate) struct DeleteExecution;

impl Endpoint for DeleteExecution {
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/api/executions/{id}";
    const STATUS: StatusCode = StatusCode::NO_CONTENT;
    const SUMMARY: &'static str = "Delete an execution, softly or for good";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND];
    type Access = AnyRole;
    type Path = ExecutionPath;
    type Query = DeleteQuery;
    type Body = ();
    type Reply = NoContent;

    async fn handle(call: Call<Self>) -> Result<Reply<NoContent>, Problem> {
        let how = if call.query.hard == Some(true) {
            Deletion::Hard
        } else {
            Deletion::Soft
        };
        let done = call
            .ledger
            .write(executions::delete(&call.who.scope(), &call.path.id, how))
            .await?;
        Ok(Reply::done(done.map(|()| NoContent)))
    }
}
