//! `GET /api/executions/{id}/children`.

use http::{Method, StatusCode};
use runledger_models::{Bounded, bounded::PageNumber};
use runledger_store::executions::Filter;
use runledger_web::{AnyRole, Call, Cursor, Endpoint, Paging, Problem, Reply, params};

use crate::{execution_list::ExecutionList, get::ExecutionPath};

params! {
    /// Which part of the list.
    pub(crate) struct ChildrenQuery {
        /// The page, from 1.
        page: Option<PageNumber>,
        /// Executions on a page; 25 without it.
        page_size: Option<Bounded<1, 100>>,
        /// Where to go on: the `next_cursor` of the part before.
        cursor: Option<Option<Cursor>>,
        /// The most executions of a part that is read by cursor; 25 without it.
        limit: Option<Bounded<1, 100>>,
    }
}

/// Lists the executions that an execution started.
pub(crate) struct ListChildren;

impl Endpoint for ListChildren {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/executions/{id}/children";
    const SUMMARY: &'static str = "List the executions that an execution started, newest first";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND];
    type Access = AnyRole;
    type Path = ExecutionPath;
    type Query = ChildrenQuery;
    type Body = ();
    type Reply = ExecutionList;

    async fn handle(call: Call<Self>) -> Result<Reply<ExecutionList>, Problem> {
        let ChildrenQuery {
            page,
            page_size,
            cursor,
            limit,
        } = call.query;
        let paging = Paging::new(page, page_size, cursor, limit)?;
        let filter = Filter {
            parent_id: Some(call.path.id),
            parent_required: true,
            ..Filter::default()
        };
        ExecutionList::read(&call.ledger, &call.config, &call.who, &filter, paging)
            .await
            .map(Reply::new)
    }
}
