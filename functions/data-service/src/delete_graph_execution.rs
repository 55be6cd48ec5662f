//! `POST /rpc/delete_graph_execution`.

use http::StatusCode;
use runledger_models::{Id, Scope};
use runledger_store::{
    Error,
    executions::{self, Deletion},
};
use runledger_web::{
    Problem, Reply, named_user,
    rpc::{Called, Method, Null, seeds},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// Which execution, and how.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "graph_exec_id": "0197a3c2-9b10-7d02-8f3e-6a1d2c4b5e70",
    "user_id": "0197a3c2-1b00-7a4e-8c21-5f0e9d3b7c11"
}))]
pub(crate) struct DeleteGraphExecutionArgs {
    /// The execution.
    graph_exec_id: Id,
    /// Whose it is.
    user_id: Id,
    /// Whether it is only hidden; it is without it.
    soft_delete: Option<bool>,
}

/// Deletes an execution.
pub(crate) struct DeleteGraphExecution;

impl Method for DeleteGraphExecution {
    const PATH: &'static str = "/rpc/delete_graph_execution";
    const SUMMARY: &'static str = "Delete an execution: hide it, or remove its rows";
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    type Args = DeleteGraphExecutionArgs;
    type Value = Null;

    async fn call(called: Called<Self>) -> Result<Reply<Null>, Problem> {
        let args = called.args;
        let scope = Scope::User(named_user(&called.caller, &args.user_id, "/user_id")?);
        // The seed hides what is hidden as if it were not.
        let how = if args.soft_delete == Some(false) {
            Deletion::Hard
        } else {
            Deletion::SoftAgain
        };
        match called
            .ledger
            .write(executions::delete(&scope, &args.graph_exec_id, how))
            .await
        {
            Err(Error::Missing) => Err(Problem::not_found("there is no such execution to delete")
                .raised(StatusCode::INTERNAL_SERVER_ERROR, "DatabaseError")),
            deleted => Ok(Reply::done(deleted?.map(|()| Null))),
        }
    }
}
