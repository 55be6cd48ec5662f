//! `POST /rpc/get_graph_executions_paginated`.

use runledger_models::{ExecutionStatus, GraphExecutionMeta, Id, Scope, Timestamp, paging::Pagination};
use runledger_store::executions::{self, Filter};
use runledger_web::{
    Problem, Reply, named_user,
    rpc::{Called, Method, Rows, seeds},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const DEFAULT_PAGE_SIZE: u32 = 25;
const MOST_ON_PAGE: u32 = 1000;
const MOST_PAGES: u32 = 1_000_000;

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
    #[schema(minimum = 1, maximum = 1_000_000)]
    page: Option<u32>,
    /// Executions on a page; 25 without it.
    #[schema(minimum = 1, maximum = 1000)]
    page_size: Option<u32>,
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

fn within(pointer: &str, number: u32, most: u32) -> Result<u32, Problem> {
    if (1..=most).contains(&number) {
        Ok(number)
    } else {
        Err(Problem::invalid_at(pointer, format!("must be from 1 to {most}")))
    }
}

/// Reads a page of a user's executions.
pub(crate) struct GetGraphExecutionsPaginated;

impl Method for GetGraphExecutionsPaginated {
    const PATH: &'static str = "/rpc/get_graph_executions_paginated";
    const SUMMARY: &'static str = "Read a page of a user's executions, newest first";
    const SEED: &'static str = seeds::EXECUTION;
    const READS: bool = true;
    type Args = GetGraphExecutionsPaginatedArgs;
    type Value = ExecutionPage;

    async fn call(called: Called<Self>) -> Result<Reply<ExecutionPage>, Problem> {
        let args = called.args;
        let scope = Scope::User(named_user(&called.caller, &args.user_id, "/user_id")?);
        let page = within("/page", args.page.unwrap_or(1), MOST_PAGES)?;
        let page_size = within("/page_size", args.page_size.unwrap_or(DEFAULT_PAGE_SIZE), MOST_ON_PAGE)?;
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
