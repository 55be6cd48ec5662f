//! `POST /rpc/get_graph_executions_paginated`.

use runledger_models::{
    Bounded, ExecutionStatus, GraphExecutionMeta, Id, Scope, Timestamp,
    bounded::PageNumber,
    paging::{DEFAULT_PAGE_SIZE, Pagination},
};
use runledger_store::executions::{self, Filter};
use runledger_web::{
    Problem, Reply, named_user,
    rpc::{Called, Method, Rows, seeds},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

type PageSize = Bounded<1, 1000>;

/// Which executions, and which page of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "user_id": "0197a3c2-1b00-7a4e-8c21-5f0e9d3b7c11",
    "graph_id": "0197a3c2-7d4e-7c11-9a55-0d6f1c2b3a49",
    "page": 1,
    "page_size": 25
}))]
pub(crate) struct GetGraphExecutionsPaginatedArgs {
    /// Whose.
    user_id: Id,
    /// Only those of this graph.
    graph_id: Option<Id>,
    /// The page, from 1; the first without it.
    page: Option<PageNumber>,
    /// Executions on a page; 25 without it.
    page_size: Option<PageSize>,
    /// Only those in one of these statuses; none for all.
    statuses: Option<Vec<ExecutionStatus>>,
    /// Only those created at this time or later.
    created_time_gte: Option<Timestamp>,
    /// Only those created at this time or earlier.
    created_time_lte: Option<Timestamp>,
}

/// A page of executions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExecutionPage {
    executions: Vec<GraphExecutionMeta>,
    pagination: Pagination,
}

/// Reads a page of a user's executions.
pub(crate) struct GetGraphExecutionsPaginated;

impl Method for GetGraphExecutionsPaginated {
    const PATH: &'static str = "/rpc/get_graph_executions_paginated";
    const SUMMARY: &'static str = "Read a page of a user's executions, newest first";
    const PLATFORM_SOURCE: &'static str = seeds::EXECUTION;
    const READS: bool = true;
    type Args = GetGraphExecutionsPaginatedArgs;
    type Value = ExecutionPage;

    async fn call(called: Called<Self>) -> Result<Reply<ExecutionPage>, Problem> {
        let args = called.args;
        let scope = Scope::User(named_user(&called.caller, &args.user_id, "/user_id")?);
        let page = args.page.map_or(1, Bounded::get);
        let page_size = args.page_size.map_or(DEFAULT_PAGE_SIZE, Bounded::get);
        let filter = Filter {
            graph_id: args.graph_id,
            statuses: args.statuses.filter(|statuses| !statuses.is_empty()),
            created_from: args.created_time_gte,
            created_to: args.created_time_lte,
            ..Filter::default()
        };
        let (executions, total) = called
            .ledger
            .read(executions::page(&scope, &filter, page, page_size))
            .await?;
        let executions = Rows::new(None, called.ledger.budget()).whole(executions, None)?;
        Ok(Reply::new(ExecutionPage {
            executions,
            pagination: Pagination::new(total, page, page_size),
        }))
    }
}
