//! Lists of graph executions, newest first: by keyset, by page, and counted.
//!
//! Each list exists once for each way in (whose rows, narrowed by what), put together at compile time from the same
//! parts: a cached plan then always has an equality on an indexed column, which an optional filter would take away.

use runledger_logging::Log;
use runledger_models::{ExecutionStatus, GraphExecutionMeta, Id, Scope, Timestamp, paging::Position};
use serde::{Deserialize, Serialize};

use super::ExecutionRow;
use crate::{
    Read,
    keyset::{self, Part},
    stored::{Row, decoded},
};

/// Which executions a list holds. What is `None` does not narrow it.
#[derive(Debug, Default, Serialize)]
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

/// The rows that a filter leaves. `$reach` and `$narrow` are its equalities on indexed columns, `$more` its other
/// conditions.
macro_rules! matching {
    ($reach:literal, $narrow:literal, $($more:literal),+) => {
        concat!(
            "FROM \"AgentGraphExecution\"\nWHERE NOT \"isDeleted\"",
            $reach,
            $narrow,
            "\n",
            $(include_str!($more)),+
        )
    };
}

/// `{"missing": true}` for the children of an execution that is not there, else `$answer`.
macro_rules! of_parent {
    ($($answer:expr),+) => {
        concat!(
            "SELECT CASE WHEN ($1::jsonb ->> 'parent_required')::boolean AND NOT EXISTS (\n",
            "    SELECT FROM \"AgentGraphExecution\"\n",
            "    WHERE id = $1 ->> 'parent_id' AND NOT \"isDeleted\"\n",
            "        AND ($1 ->> 'user_id' IS NULL OR \"userId\" = $1 ->> 'user_id'))\n",
            "THEN '{\"missing\": true}'::json\nELSE json_build_object('ok', ",
            $($answer),+,
            ") END::text"
        )
    };
}

/// The executions that `$rows` lists, newest first, as `shown`. Those for which the budget is used up have none in `e`: they
/// are shown without their values, which are not looked at.
macro_rules! shown {
    ($($rows:expr),+) => {
        concat!(
            "(\nSELECT e.*, CASE WHEN e.used <= runledger.answer_budget($1) THEN runledger.answer_budget($1) ELSE 0 END ",
            "AS budget\nFROM (\nSELECT e.*, runledger.bytes_used(runledger.answer_budget($1), 1024,\n",
            "    e.inputs, e.\"credentialInputs\", e.\"nodesInputMasks\", e.stats)\n",
            "    OVER (ORDER BY e.\"createdAt\" DESC, e.id DESC) AS used\nFROM ",
            $($rows,)+
            ") e\nOFFSET 0) e CROSS JOIN LATERAL (\n",
            include_str!("shown.sql"),
            ") shown"
        )
    };
}

macro_rules! keyset {
    ($reach:literal, $narrow:literal, $($more:literal),+) => {
        of_parent!(
            "(SELECT json_build_object('rows', coalesce(json_agg(to_json(shown)) FILTER (WHERE e.budget > 0), '[]'), ",
            "'ends_early', coalesce(bool_or(e.budget = 0), false)) FROM ",
            shown!(
                "(\nSELECT * ",
                matching!($reach, $narrow, $($more),+),
                // Without a place from the very first on, whose time may be infinity itself.
                "    AND (\"createdAt\", id) < (coalesce(($1 ->> 'before_time')::timestamp, 'infinity'), ",
                "coalesce($1 ->> 'before_id', (SELECT max(id) || '0' FROM \"AgentGraphExecution\")))\n",
                "ORDER BY \"createdAt\" DESC, id DESC\nLIMIT ($1 ->> 'limit')::int) e\n"
            ),
            ")"
        )
    };
}

/// Finds the page in the index alone and fetches only its rows. A page has no cursor to carry on by: rows that do not fit
/// come without their values.
macro_rules! page {
    ($reach:literal, $narrow:literal, $($more:literal),+) => {
        of_parent!(
            "json_build_object('total', (SELECT count(*) ",
            matching!($reach, $narrow, $($more),+),
            "), 'rows', (SELECT coalesce(json_agg(to_json(shown)), '[]') FROM ",
            shown!(
                "(\nSELECT id, \"createdAt\" ",
                matching!($reach, $narrow, $($more),+),
                "ORDER BY \"createdAt\" DESC, id DESC\n",
                "LIMIT ($1 ->> 'limit')::int OFFSET ($1 ->> 'offset')::bigint) page\n",
                "CROSS JOIN LATERAL (SELECT * FROM \"AgentGraphExecution\" e WHERE e.id = page.id LIMIT 1) e\n"
            ),
            "))"
        )
    };
}

macro_rules! counted {
    ($reach:literal, $narrow:literal, $($more:literal),+) => {
        of_parent!("(SELECT count(*) ", matching!($reach, $narrow, $($more),+), ")")
    };
}

/// One statement for each way in.
struct Ways {
    user: &'static str,
    user_one: &'static str,
    user_graph: &'static str,
    user_parent: &'static str,
    any: &'static str,
    any_one: &'static str,
    any_graph: &'static str,
    any_parent: &'static str,
}

macro_rules! ways {
    ($statement:ident, $($more:literal),+) => {
        Ways {
            user: $statement!(" AND \"userId\" = $1 ->> 'user_id'", "", $($more),+),
            user_one: $statement!(
                " AND \"userId\" = $1 ->> 'user_id'",
                " AND id = $1 ->> 'id'",
                $($more),+
            ),
            user_graph: $statement!(
                " AND \"userId\" = $1 ->> 'user_id'",
                " AND \"agentGraphId\" = $1 ->> 'graph_id'",
                $($more),+
            ),
            user_parent: $statement!(
                " AND \"userId\" = $1 ->> 'user_id'",
                " AND \"parentGraphExecutionId\" = $1 ->> 'parent_id'",
                $($more),+
            ),
            any: $statement!("", "", $($more),+),
            any_one: $statement!("", " AND id = $1 ->> 'id'", $($more),+),
            any_graph: $statement!("", " AND \"agentGraphId\" = $1 ->> 'graph_id'", $($more),+),
            any_parent: $statement!("", " AND \"parentGraphExecutionId\" = $1 ->> 'parent_id'", $($more),+),
        }
    };
}

/// A list from a place in it onwards.
const KEYSET: Ways = ways!(keyset, "filters.sql", "created_row.sql");
/// A numbered page of a list, with the list's length.
const PAGE: Ways = ways!(page, "created_row.sql");
/// The same for a list with further filters.
const PAGE_FILTERED: Ways = ways!(page, "filters.sql", "created_pair.sql");
/// A list's length.
const COUNT: Ways = ways!(counted, "created_row.sql");
/// The same for a list with further filters.
const COUNT_FILTERED: Ways = ways!(counted, "filters.sql", "created_pair.sql");

impl Filter {
    /// Whether there is more to filter by than the way in and the times of creation. What only an index is needed for
    /// must not look at other columns.
    const fn has_more(&self) -> bool {
        self.id.is_some()
            || self.graph_version.is_some()
            || self.statuses.is_some()
            || (self.graph_id.is_some() && self.parent_id.is_some())
    }
}

impl Ways {
    fn choose(&self, scope: &Scope, filter: &Filter) -> &'static str {
        match (scope, &filter.parent_id, &filter.graph_id) {
            (Scope::User(_), ..) if filter.id.is_some() => self.user_one,
            (Scope::Any(_), ..) if filter.id.is_some() => self.any_one,
            (Scope::User(_), Some(_), _) => self.user_parent,
            (Scope::User(_), None, Some(_)) => self.user_graph,
            (Scope::User(_), None, None) => self.user,
            (Scope::Any(_), Some(_), _) => self.any_parent,
            (Scope::Any(_), None, Some(_)) => self.any_graph,
            (Scope::Any(_), None, None) => self.any,
        }
    }
}

#[derive(Serialize)]
struct ListArgs<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    #[serde(flatten)]
    filter: &'a Filter,
    #[serde(flatten)]
    part: Part<'a>,
    offset: u64,
}

impl<'a> ListArgs<'a> {
    fn new(scope: &'a Scope, filter: &'a Filter) -> Self {
        Self {
            user_id: scope.user_id(),
            filter,
            part: Part::default(),
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
        part: Part::before(before, limit),
        ..ListArgs::new(scope, filter)
    };
    Read::new(KEYSET.choose(scope, filter), &args).and_then(move |rows, log| {
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
        part: Part::newest(page_size),
        offset,
        ..ListArgs::new(scope, filter)
    };
    let ways = if filter.has_more() { PAGE_FILTERED } else { PAGE };
    Read::new(ways.choose(scope, filter), &args).map(|Page { total, rows }, log| (metas(log, rows), total))
}

/// How many executions there are.
pub fn count(scope: &Scope, filter: &Filter) -> Read<u64> {
    let ways = if filter.has_more() { COUNT_FILTERED } else { COUNT };
    Read::new(ways.choose(scope, filter), &ListArgs::new(scope, filter))
}

fn metas(log: &Log, rows: Vec<Row<ExecutionRow>>) -> Vec<GraphExecutionMeta> {
    decoded(log, rows, "execution", |row| row.into_meta(log))
}
