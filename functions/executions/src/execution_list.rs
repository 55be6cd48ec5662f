//! A list of executions as the API answers it: filtered, and paged by number or by cursor.

use runledger_models::{
    Bounded, Caller, ExecutionStatus, GraphExecutionMeta, Id, Timestamp,
    bounded::{PageNumber, VersionNumber},
    paging::Pagination,
};
use runledger_store::executions::{self, Filter};
use runledger_web::{Config, Cursor, Ledger, List, Paging, Problem, params};
use serde::Serialize;
use utoipa::ToSchema;

use crate::view::View;

params! {
    /// Which executions are meant.
    pub(crate) struct FilterQuery {
        /// Only those of this graph.
        graph_id: Option<Id>,
        /// Only those of this version.
        graph_version: Option<VersionNumber>,
        /// Only those in one of these statuses; repeated or with commas.
        statuses: Option<List<ExecutionStatus>>,
        /// Only those created at this time or later.
        created_time_gte: Option<Timestamp>,
        /// Only those created at this time or earlier.
        created_time_lte: Option<Timestamp>,
        /// Only those that this execution started.
        parent_graph_exec_id: Option<Id>,
    }
}

params! {
    /// Which part of the list is asked for.
    pub(crate) struct PageQuery {
        /// The page, from 1.
        page: Option<PageNumber>,
        /// Executions on a page; 25 without it.
        page_size: Option<Bounded<1, 100>>,
        /// Where to go on: the `next_cursor` of the part before; empty for the first.
        cursor: Option<Option<Cursor>>,
        /// The most executions of a part that is read by cursor; 25 without it.
        limit: Option<Bounded<1, 100>>,
    }
}

impl FilterQuery {
    pub(crate) fn into_filter(self) -> Filter {
        Filter {
            id: None,
            graph_id: self.graph_id,
            graph_version: self.graph_version.map(VersionNumber::as_column),
            statuses: self.statuses.map(|List(statuses)| statuses),
            created_from: self.created_time_gte,
            created_to: self.created_time_lte,
            parent_id: self.parent_graph_exec_id,
            parent_required: false,
        }
    }
}

impl PageQuery {
    pub(crate) fn into_paging(self) -> Result<Paging, Problem> {
        Paging::new(self.page, self.page_size, self.cursor, self.limit)
    }
}

/// A part of a list of executions, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ExecutionList {
    /// Asked for by page.
    ByPage {
        /// The executions.
        executions: Vec<GraphExecutionMeta>,
        /// Where the page stands in the list.
        pagination: Pagination,
    },
    /// Asked for by cursor.
    ByCursor {
        /// The executions.
        executions: Vec<GraphExecutionMeta>,
        /// Where the next part begins; null at the end of the list.
        #[schema(required = true)]
        next_cursor: Option<String>,
    },
}

impl ExecutionList {
    /// Reads the part of the list that was asked for.
    pub(crate) async fn read(
        ledger: &Ledger,
        config: &Config,
        caller: &Caller,
        filter: &Filter,
        paging: Paging,
    ) -> Result<Self, Problem> {
        let scope = caller.scope();
        let view =
            |metas: Vec<GraphExecutionMeta>| metas.into_iter().map(|meta| meta.for_caller(caller, config)).collect();
        Ok(match paging {
            Paging::Page { page, page_size } => {
                let (executions, total) = ledger.read(executions::page(&scope, filter, page, page_size)).await?;
                Self::ByPage {
                    executions: view(executions),
                    pagination: Pagination::new(total, page, page_size),
                }
            }
            Paging::Keyset { before, limit } => {
                let (executions, next) = ledger
                    .read(executions::keyset(&scope, filter, before.as_ref(), limit))
                    .await?;
                Self::ByCursor {
                    executions: view(executions),
                    next_cursor: next.map(|position| Cursor(position).encode()),
                }
            }
        })
    }
}
