//! `POST /rpc/get_graph_executions_count`.

use runledger_models::{ExecutionStatus, Id, Timestamp};
use runledger_store::executions::{self, Filter};
use runledger_web::{
    Problem, Reply, named_scope,
    rpc::{Called, Method, seeds},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// Which executions to count.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "user_id": "0197a3c2-1b00-7a4e-8c21-5f0e9d3b7c11",
    "graph_id": "0197a3c2-7d4e-7c11-9a55-0d6f1c2b3a49",
    "created_time_gte": "2026-01-02T03:04:05.678Z"
}))]
pub(crate) struct GetGraphExecutionsCountArgs {
    /// Only those of this user.
    user_id: Option<Id>,
    /// Only those of this graph.
    graph_id: Option<Id>,
    /// Only those in one of these statuses; none for all.
    statuses: Option<Vec<ExecutionStatus>>,
    /// Only those created at this time or later.
    created_time_gte: Option<Timestamp>,
    /// Only those created at this time or earlier.
    created_time_lte: Option<Timestamp>,
}

/// Counts executions.
pub(crate) struct GetGraphExecutionsCount;

impl Method for GetGraphExecutionsCount {
    const PATH: &'static str = "/rpc/get_graph_executions_count";
    const SUMMARY: &'static str = "Count executions";
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    const READS: bool = true;
    type Args = GetGraphExecutionsCountArgs;
    type Value = u64;

    async fn call(called: Called<Self>) -> Result<Reply<u64>, Problem> {
        let args = called.args;
        let scope = named_scope(&called.caller, args.user_id.as_ref(), "/user_id")?;
        let filter = Filter {
            graph_id: args.graph_id,
            statuses: args.statuses.filter(|statuses| !statuses.is_empty()),
            created_from: args.created_time_gte,
            created_to: args.created_time_lte,
            ..Filter::default()
        };
        Ok(Reply::new(
            called.ledger.read(executions::count(&scope, &filter)).await?,
        ))
    }
}
