//! What operators watch: accuracy of graphs over time, failing blocks, frequent graphs, alerts, late executions.

use runledger_logging::Log;
use runledger_models::{
    ExecutionStatus, Id, Scope, Timestamp,
    monitors::{AccuracyAlert, BlockErrors, FrequentGraph, LateExecution, TrendRow},
    time::StoredTime,
};
use serde::{Deserialize, Serialize, Serializer};

use crate::{
    Read,
    stored::{decoded, shown_time},
};

/// The daily accuracy of a graph.
const ACCURACY: &str = include_str!("accuracy.sql");
/// Which user's graphs ran often.
const FREQUENT_GRAPHS: &str = include_str!("frequent_graphs.sql");
/// How often each block ran and failed.
const BLOCK_ERRORS: &str = include_str!("block_errors.sql");
/// What the scan for falling accuracy found.
const ALERTS: &str = include_str!("alerts.sql");
/// What waits or runs for too long.
const LATE: &str = include_str!("late.sql");

/// Which days of which graph.
#[derive(Debug, Serialize)]
pub struct AccuracyQuery {
    /// The graph.
    pub graph_id: Id,
    /// The days before today that count.
    pub days_back: u32,
    /// Whether means run over days of the calendar, not over days with runs.
    pub by_calendar: bool,
    /// Whether every day is answered, not the last one alone.
    pub historical: bool,
}

#[derive(Serialize)]
struct MonitorArgs<'a, T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    #[serde(flatten)]
    query: T,
}

/// The daily accuracy of a graph's executions within `scope`, newest first.
pub fn accuracy(scope: &Scope, query: &AccuracyQuery) -> Read<Vec<TrendRow>> {
    let user_id = scope.user_id();
    Read::new(ACCURACY, &MonitorArgs { user_id, query })
}

/// Days and a number of executions.
#[derive(Debug, Clone, Copy)]
pub struct FrequentQuery {
    /// So many days before now an execution that counts was created, or later.
    pub days_back: u32,
    /// The least executions of a frequent graph.
    pub min_executions: u32,
}

impl Serialize for FrequentQuery {
    /// As the statement takes it: the time from which on executions count, and one that none was created at yet.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct FrequentArgs {
            from: Timestamp,
            to: Timestamp,
            min_executions: u32,
        }
        let now = Timestamp::now();
        let args = FrequentArgs {
            from: now.days_before(self.days_back),
            to: now.next_day(),
            min_executions: self.min_executions,
        };
        args.serialize(serializer)
    }
}

/// The graphs within `scope` that finished at least so often, most first.
pub fn frequent_graphs(scope: &Scope, query: &FrequentQuery) -> Read<Vec<FrequentGraph>> {
    let user_id = scope.user_id();
    Read::new(FREQUENT_GRAPHS, &MonitorArgs { user_id, query })
}

/// A time, a number of executions, and a rate.
#[derive(Debug, Serialize)]
pub struct BlockErrorQuery {
    /// Node executions added at this time or later.
    pub from: Timestamp,
    /// Node executions added at this time or earlier.
    pub to: Timestamp,
    /// The least executions of a block that is told of.
    pub min_executions: u32,
    /// The least percentage of them that failed.
    pub min_error_rate: u32,
}

/// How often each block ran and failed within `scope`, worst first.
pub fn block_errors(scope: &Scope, query: &BlockErrorQuery) -> Read<Vec<BlockErrors>> {
    let user_id = scope.user_id();
    Read::new(BLOCK_ERRORS, &MonitorArgs { user_id, query })
}

/// The newest thousand alerts within `scope`, newest first.
pub fn alerts(scope: &Scope) -> Read<Vec<AccuracyAlert>> {
    let user_id = scope.user_id();
    Read::new(ALERTS, &MonitorArgs { user_id, query: () })
}

/// Executions within `scope` that have been QUEUED for 5 minutes or RUNNING for 24 hours, however old they are; the longest
/// first, at most a thousand.
pub fn late(scope: &Scope) -> Read<Vec<LateExecution>> {
    let user_id = scope.user_id();
    Read::new(LATE, &MonitorArgs { user_id, query: () })
        .map(|rows, log| decoded(log, rows, "execution", |row: LateRow| row.into_late(log)))
}

/// A row of `late.sql`.
#[derive(Deserialize)]
struct LateRow {
    id: String,
    user_id: String,
    graph_id: String,
    graph_version: i32,
    status: ExecutionStatus,
    since: StoredTime,
}

impl LateRow {
    fn into_late(self, log: &Log) -> LateExecution {
        LateExecution {
            since: shown_time(log, Some(&self.since), &format!("execution {}", self.id), "the time"),
            id: self.id,
            user_id: self.user_id,
            graph_id: self.graph_id,
            graph_version: self.graph_version,
            status: self.status,
        }
    }
}
