//! `DELETE /api/executions/{id}`.

use http::{Method, StatusCode};
use runledger_store::executions;
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
    const PROBLEMS: &'static [u16] = &[404];
    type Access = AnyRole;
    type Path = ExecutionPath;
    type Query = DeleteQuery;
    type Body = ();
    type Reply = NoContent;

    async fn handle(call: Call<Self>) -> Result<Reply<NoContent>, Problem> {
        let hard = call.query.hard == Some(true);
        let done = executions::delete(&call.db, call.once.as_ref(), &call.who.scope(), &call.path.id, hard).await?;
        Ok(Reply::done(done.map(|()| NoContent)))
    }
}
