//! `POST /rpc/get_graph_executions`.

use runledger_models::{ExecutionStatus, GraphExecutionMeta, Id, Timestamp, bounded::RowLimit};
use runledger_store::executions::{self, Filter};
use runledger_web::{
    Problem, Reply, named_scope,
    rpc::{Called, Method, Rows, seeds},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which executions to list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "user_id": "0197a3c2-1b00-7a4e-8c21-5f0e9d3b7c11",
    "graph_id": "0197a3c2-7d4e-7c11-9a55-0d6f1c2b3a49",
    "statuses": ["RUNNING"],
    "limit": 100
}))]
pub(crate) struct GetGraphExecutionsArgs {
    /// Only this one.
    graph_exec_id: Option<Id>,
    /// Only those of this graph.
    graph_id: Option<Id>,
    /// Only those of this version.
    graph_version: Option<i32>,
    /// Only those of this user.
    user_id: Option<Id>,
    /// Only those in one of these statuses; none for all.
    statuses: Option<Vec<ExecutionStatus>>,
    /// Only those created at this time or later.
    created_time_gte: Option<Timestamp>,
    /// Only those created at this time or earlier.
    created_time_lte: Option<Timestamp>,
    /// The most that are answered; all without it, as long as the answer keeps to `max_response_bytes`.
    limit: Option<RowLimit>,
}

/// Executions without their inputs and outputs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct ExecutionMetas(pub(crate) Vec<GraphExecutionMeta>);

/// Lists executions.
pub(crate) struct GetGraphExecutions;

impl Method for GetGraphExecutions {
    const PATH: &'static str = "/rpc/get_graph_executions";
    const SUMMARY: &'static str = "List executions, newest first";
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    const READS: bool = true;
    type Args = GetGraphExecutionsArgs;
    type Value = ExecutionMetas;

    async fn call(called: Called<Self>) -> Result<Reply<ExecutionMetas>, Problem> {
        let args = called.args;
        let scope = named_scope(&called.caller, args.user_id.as_ref(), "/user_id")?;
        let rows = Rows::new(args.limit, called.ledger.budget());
        let filter = Filter {
            id: args.graph_exec_id,
            graph_id: args.graph_id,
            graph_version: args.graph_version,
            statuses: args.statuses.filter(|statuses| !statuses.is_empty()),
            created_from: args.created_time_gte,
            created_to: args.created_time_lte,
            ..Filter::default()
        };
        let (metas, next) = called
            .ledger
            .read(executions::keyset(&scope, &filter, None, rows.limit()))
            .await?;
        Ok(Reply::new(ExecutionMetas(rows.whole(metas, next.as_ref())?)))
    }
}
