//! Lists of runs, as pages show them.

use runledger_logging::Log;
use runledger_models::{
    ExecutionStatus, Id, Json, Scope, StoredStatus, Timestamp, paging::Position, stats::GraphExecutionStats,
    time::StoredTime,
};
use serde::{Deserialize, Serialize};

use crate::{
    Read,
    executions::{Filter, predicates},
    keyset,
    predicates::{Predicate, with_predicates},
    stored::{Row, decoded},
};

/// Runs with what a line of a list shows.
const RUNS: &str = include_str!("runs.sql");
/// How many runs are newer than a place in a list.
const NEWER: &str = include_str!("newer.sql");
/// The graphs that ran last.
const RECENT_GRAPHS: &str = include_str!("recent_graphs.sql");

/// How many matches are told of; of more it is told that there are more.
pub const MOST_COUNTED: u64 = 1000;
/// How many of the newest runs are put in another order.
pub const WINDOW: u32 = 1000;

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Newest first.
    Newest,
    /// Of the newest [`WINDOW`], those that took longest first.
    Slowest,
    /// Of the newest [`WINDOW`], those that cost most first.
    Dearest,
    /// Of the newest [`WINDOW`], those that ended and have no score, newest first.
    Unscored,
}

/// A run as a line of a list shows it.
#[derive(Debug)]
pub struct ListedRun {
    /// The run.
    pub id: String,
    /// Its owner.
    pub user_id: String,
    /// Its graph.
    pub graph_id: String,
    /// The graph's version.
    pub graph_version: i32,
    /// What the graph's newest version is called.
    pub graph_name: String,
    /// Where it stands.
    pub status: StoredStatus,
    /// When it was created.
    pub created_at: StoredTime,
    /// When it first ran.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The run that started it.
    pub parent_id: Option<String>,
    /// Of its stats: cost, duration, nodes, errors, score, and the beginning of the error.
    pub stats: Option<GraphExecutionStats>,
}

/// A part of a list.
#[derive(Debug)]
pub struct Runs {
    /// The runs.
    pub rows: Vec<ListedRun>,
    /// Where the list goes on.
    pub next: Option<Position>,
    /// How many match, up to one more than [`MOST_COUNTED`]; none where counting would not be cheap.
    pub matches: Option<u64>,
}

#[derive(Deserialize)]
struct RunRow {
    id: String,
    user_id: String,
    graph_id: String,
    graph_version: i32,
    graph_name: String,
    status: StoredStatus,
    created_at: StoredTime,
    started_at: Option<StoredTime>,
    ended_at: Option<StoredTime>,
    parent_id: Option<String>,
    stats: Option<Json>,
}

impl RunRow {
    fn position(&self) -> Position {
        keyset::position(&self.id, self.created_at.clone())
    }

    fn into_listed(self) -> ListedRun {
        ListedRun {
            stats: self.stats.as_ref().and_then(GraphExecutionStats::from_stored),
            id: self.id,
            user_id: self.user_id,
            graph_id: self.graph_id,
            graph_version: self.graph_version,
            graph_name: self.graph_name,
            status: self.status,
            created_at: self.created_at,
            started_at: self.started_at.as_ref().and_then(StoredTime::shown),
            ended_at: self.ended_at.as_ref().and_then(StoredTime::shown),
            parent_id: self.parent_id,
        }
    }
}

#[derive(Deserialize)]
struct RunRows {
    rows: Vec<Row<RunRow>>,
    matches: Option<u64>,
}

#[derive(Serialize)]
struct RunsArgs<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    #[serde(flatten)]
    filter: &'a Filter,
    #[serde(skip_serializing_if = "Option::is_none")]
    before_time: Option<&'a StoredTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before_id: Option<&'a str>,
    sort: Order,
    window: u32,
    limit: u32,
    is_counted: bool,
    most_counted: u64,
}

/// Whether all that a filter lets through is at work, and so noted where that is.
fn is_at_work(filter: &Filter) -> bool {
    let at_work = [ExecutionStatus::Queued, ExecutionStatus::Running];
    let statuses = filter.statuses.as_deref().unwrap_or_default();
    !statuses.is_empty() && statuses.iter().all(|status| at_work.contains(status))
}

/// Few runs are at work, however many there are.
const AT_WORK: &str =
    r#"e.id = ANY (ARRAY(SELECT noted.id COLLATE "default" FROM runledger.executions_at_work noted))"#;

fn with_at_work(predicates: &[Predicate], filter: &Filter) -> Vec<Predicate> {
    let mut all = vec![(is_at_work(filter), AT_WORK)];
    all.extend_from_slice(predicates);
    all
}

/// At most `limit` runs older than `before`, and from the beginning of the list on how many there are.
pub fn runs(scope: &Scope, filter: &Filter, order: Order, before: Option<&Position>, limit: u32) -> Read<Runs> {
    // What no index answers is counted where it is bounded by time, or by what is at work.
    let a_while_ago = Timestamp::now().days_before(2);
    let is_recent = filter.created_from.is_some_and(|from| from >= a_while_ago);
    let is_cheap = !filter.has_more() || is_recent || is_at_work(filter);
    let one_more = limit.saturating_add(1);
    let args = RunsArgs {
        user_id: scope.user_id(),
        filter,
        before_time: before.map(|position| &position.created_at),
        before_id: before.map(|position| position.id.as_str()),
        sort: order,
        window: if order == Order::Newest { one_more } else { WINDOW },
        limit: one_more,
        is_counted: before.is_none() && order == Order::Newest && is_cheap,
        most_counted: MOST_COUNTED + 1,
    };
    let predicates = with_at_work(&predicates(scope, filter, before, true), filter);
    Read::new(with_predicates(RUNS, &predicates), &args).and_then(move |RunRows { rows, matches }, log: &Log| {
        let (rows, next) = keyset::cut_rows(rows.into(), limit, RunRow::position)?;
        Ok(Runs {
            rows: decoded(log, rows, "execution", RunRow::into_listed),
            // Another order than the newest has no place to go on from.
            next: next.filter(|_| order == Order::Newest),
            matches,
        })
    })
}

#[derive(Serialize)]
struct NewerArgs<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    #[serde(flatten)]
    filter: &'a Filter,
    after_time: &'a StoredTime,
    after_id: &'a str,
    limit: u32,
}

/// How many runs of a list are newer than a place in it, `limit` at most.
pub fn newer(scope: &Scope, filter: &Filter, after: &Position, limit: u32) -> Read<u64> {
    let args = NewerArgs {
        user_id: scope.user_id(),
        filter,
        after_time: &after.created_at,
        after_id: &after.id,
        limit,
    };
    Read::new(with_predicates(NEWER, &predicates(scope, filter, None, false)), &args)
}

/// A graph and what it is called.
#[derive(Debug, Clone, Deserialize)]
pub struct GraphName {
    /// The graph.
    pub id: Id,
    /// What its newest version is called.
    pub name: String,
}

#[derive(Serialize)]
struct RecentGraphsArgs<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
}

/// The graphs of the newest runs.
pub fn recent_graphs(scope: &Scope) -> Read<Vec<GraphName>> {
    let user_id = scope.user_id();
    Read::new(RECENT_GRAPHS, &RecentGraphsArgs { user_id })
        .map(|rows, log| decoded(log, rows, "graph", |row: GraphName| row))
}
