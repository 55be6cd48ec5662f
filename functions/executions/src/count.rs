//! `GET /api/executions/count`.

use http::Method;
use runledger_store::executions;
use runledger_web::{AnyRole, Call, Endpoint, NoParams, Problem, Reply};
use serde::Serialize;
use utoipa::ToSchema;

use crate::execution_list::FilterQuery;

/// How many executions there are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExecutionCount {
    count: u64,
}

/// Counts the caller's executions.
pub(crate) struct CountExecutions;

impl Endpoint for CountExecutions {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/executions/count";
    const SUMMARY: &'static str = "Count executions";
    type Access = AnyRole;
    type Path = NoParams;
    type Query = FilterQuery;
    type Body = ();
    type Reply = ExecutionCount;

    async fn handle(call: Call<Self>) -> Result<Reply<ExecutionCount>, Problem> {
        let count = call
            .ledger
            .read(executions::count(&call.who.scope(), &call.query.into_filter()))
            .await?;
        Ok(Reply::new(ExecutionCount { count }))
    }
}
