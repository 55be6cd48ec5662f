//! Lists of graph executions, newest first: by keyset, by page, and counted.

use runledger_logging::Log;
use runledger_models::{ExecutionStatus, GraphExecutionMeta, Id, Scope, Timestamp, paging::Position};
use serde::{Deserialize, Serialize};

use super::ExecutionRow;
use crate::{
    Read,
    keyset::{self, KeysetPage},
    predicates::{Predicate, with_predicates},
    stored::{Row, decoded},
};

/// Which executions a list holds. What is `None` does not narrow it.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Filter {
    /// This one alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// Of this graph.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graph_id: Option<Id>,
    /// Of this version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graph_version: Option<i32>,
    /// In one of these statuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statuses: Option<Vec<ExecutionStatus>>,
    /// Created at this time or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_from: Option<Timestamp>,
    /// Created at this time or earlier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_to: Option<Timestamp>,
    /// Started by this execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<Id>,
    /// The list is that of its parent, which has to exist within the caller's reach.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub parent_required: bool,
}

/// A list from a place in it onwards.
const KEYSET: &str = include_str!("keyset.sql");
/// A numbered page of a list, with the list's length.
const PAGE: &str = include_str!("page.sql");
/// A list's length.
const COUNT: &str = include_str!("count.sql");

impl Filter {
    /// Whether there is more to filter by than the way in and the times of creation. What only an index is needed for
    /// must not look at other columns.
    pub(crate) const fn has_more(&self) -> bool {
        self.id.is_some()
            || self.graph_version.is_some()
            || self.statuses.is_some()
            || (self.graph_id.is_some() && self.parent_id.is_some())
    }
}

/// The predicates of a list, those on indexed columns first. `by_rows`: the lower bound of a time compares rows, and is always
/// there. The planner takes a plain pair of bounds for a narrow range and picks another index.
pub(crate) fn predicates(scope: &Scope, filter: &Filter, before: Option<&Position>, by_rows: bool) -> [Predicate; 10] {
    [
        (scope.user_id().is_some(), r#"e."userId" = $1 ->> 'user_id'"#),
        (filter.id.is_some(), "e.id = $1 ->> 'id'"),
        (
            filter.parent_id.is_some(),
            r#"e."parentGraphExecutionId" = $1 ->> 'parent_id'"#,
        ),
        (filter.graph_id.is_some(), r#"e."agentGraphId" = $1 ->> 'graph_id'"#),
        (
            filter.graph_version.is_some(),
            r#"e."agentGraphVersion" = ($1 ->> 'graph_version')::int"#,
        ),
        (
            filter.statuses.is_some(),
            r#"$1 -> 'statuses' ? e."executionStatus"::text"#,
        ),
        (
            by_rows,
            r#"(e."createdAt", e.id) >= (coalesce(($1 ->> 'created_from')::timestamp, '-infinity'), '')"#,
        ),
        (
            filter.created_from.is_some() && !by_rows,
            r#"e."createdAt" >= ($1 ->> 'created_from')::timestamp"#,
        ),
        (
            filter.created_to.is_some(),
            r#"e."createdAt" <= ($1 ->> 'created_to')::timestamp"#,
        ),
        (
            before.is_some(),
            r#"(e."createdAt", e.id) < (($1 ->> 'before_time')::timestamp, $1 ->> 'before_id')"#,
        ),
    ]
}

#[derive(Serialize)]
struct ListArgs<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    #[serde(flatten)]
    filter: &'a Filter,
    #[serde(flatten)]
    page: KeysetPage<'a>,
    offset: u64,
}

impl<'a> ListArgs<'a> {
    fn new(scope: &'a Scope, filter: &'a Filter) -> Self {
        Self {
            user_id: scope.user_id(),
            filter,
            page: KeysetPage::default(),
            offset: 0,
        }
    }
}

/// At most `limit` executions older than `before` (from the newest on without it), and where the next ones begin.
pub fn keyset(
    scope: &Scope,
    filter: &Filter,
    before: Option<&Position>,
    limit: u32,
) -> Read<(Vec<GraphExecutionMeta>, Option<Position>)> {
    let args = ListArgs {
        page: KeysetPage::before(before, limit),
        ..ListArgs::new(scope, filter)
    };
    let sql = with_predicates(KEYSET, &predicates(scope, filter, before, true));
    Read::new(sql, &args).and_then(move |rows, log| {
        let (rows, next) = keyset::cut_rows(rows, limit, ExecutionRow::position)?;
        Ok((metas(log, rows), next))
    })
}

#[derive(Deserialize)]
struct Page {
    total: u64,
    rows: Vec<Row<ExecutionRow>>,
}

/// The executions of page `page` (from 1) of `page_size`, and how many there are on all pages.
pub fn page(scope: &Scope, filter: &Filter, page: u32, page_size: u32) -> Read<(Vec<GraphExecutionMeta>, u64)> {
    let offset = u64::from(page.saturating_sub(1)) * u64::from(page_size);
    let args = ListArgs {
        page: KeysetPage::newest(page_size),
        offset,
        ..ListArgs::new(scope, filter)
    };
    let sql = with_predicates(PAGE, &predicates(scope, filter, None, !filter.has_more()));
    Read::new(sql, &args).map(|Page { total, rows }, log| (metas(log, rows), total))
}

/// How many executions there are.
pub fn count(scope: &Scope, filter: &Filter) -> Read<u64> {
    let sql = with_predicates(COUNT, &predicates(scope, filter, None, !filter.has_more()));
    Read::new(sql, &ListArgs::new(scope, filter))
}

fn metas(log: &Log, rows: Vec<Row<ExecutionRow>>) -> Vec<GraphExecutionMeta> {
    decoded(log, rows, "execution", |row| row.into_meta(log))
}
