//! How everything is.

use runledger_models::{Scope, StoredStatus, Timestamp, time::StoredTime};
use serde::{Deserialize, Serialize};

use super::history::Sums;
use crate::{
    Read,
    stored::{Row, decoded},
};

const OVERVIEW: &str = include_str!("overview.sql");
const ATTENTION: &str = include_str!("attention.sql");

/// A graph and what its runs came to.
#[derive(Debug)]
pub struct GraphSums {
    /// The graph.
    pub id: String,
    /// What its newest version is called.
    pub name: String,
    /// What its runs came to.
    pub sums: Sums,
}

/// What runs came to lately, and before.
#[derive(Debug, Default)]
pub struct Overview {
    /// In the range of time that is asked about.
    pub now: Sums,
    /// In the one before.
    pub before: Sums,
    /// The graphs that ran most.
    pub graphs: Vec<GraphSums>,
}

#[derive(Deserialize)]
struct SumsRow {
    is_now: bool,
    graph_id: Option<String>,
    graph_name: Option<String>,
    #[serde(flatten)]
    sums: Sums,
}

#[derive(Serialize)]
struct OverviewArgs<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    before: Timestamp,
    from: Timestamp,
    to: Timestamp,
    limit: u32,
}

/// What the runs from `before` to `from`, and from there to `to`, came to, and the `limit` graphs that ran most in the latter.
pub fn overview(scope: &Scope, [before, from, to]: [Timestamp; 3], limit: u32) -> Read<Overview> {
    let user_id = scope.user_id();
    let args = OverviewArgs {
        user_id,
        before,
        from,
        to,
        limit,
    };
    Read::new(OVERVIEW, &args).map(|rows: Vec<SumsRow>, _| {
        let mut overview = Overview::default();
        for row in rows {
            match (row.graph_id, row.graph_name) {
                (Some(id), Some(name)) => overview.graphs.push(GraphSums {
                    id,
                    name,
                    sums: row.sums,
                }),
                _ if row.is_now => overview.now = row.sums,
                _ => overview.before = row.sums,
            }
        }
        overview
    })
}

/// Why something needs a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A run that failed in the last day.
    Failed,
    /// A run that waits or runs for too long.
    Late,
    /// A run that waits or runs.
    AtWork,
    /// A graph that got worse.
    Alert,
}

/// What needs a look.
#[derive(Debug, Deserialize)]
pub struct Noted {
    /// Why.
    pub kind: Kind,
    /// The run, or the alert.
    pub id: String,
    /// The graph.
    pub graph_id: String,
    /// What its newest version is called.
    pub graph_name: String,
    /// The run's version of it.
    pub graph_version: Option<i32>,
    /// The run's status.
    pub status: Option<StoredStatus>,
    /// Since when it waits, runs or is open; when it was created, of one that failed.
    #[serde(rename = "created_at")]
    pub at: StoredTime,
    /// The beginning of the error; by how many percent the graph's accuracy fell.
    pub detail: Option<String>,
}

/// All that needs a look, and what is at work.
#[derive(Debug)]
pub struct Attention {
    /// How many runs wait.
    pub queued: u64,
    /// How many run.
    pub running: u64,
    /// How many of both do so for too long.
    pub late: u64,
    /// Some of each kind.
    pub rows: Vec<Noted>,
}

#[derive(Deserialize)]
struct AttentionRow {
    queued: u64,
    running: u64,
    late: u64,
    rows: Vec<Row<Noted>>,
}

#[derive(Serialize)]
struct AttentionArgs<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    has_alerts: bool,
    limit: u32,
}

/// What needs a look, `limit` of each kind at most; with alerts or without.
pub fn attention(scope: &Scope, has_alerts: bool, limit: u32) -> Read<Attention> {
    let user_id = scope.user_id();
    Read::new(
        ATTENTION,
        &AttentionArgs {
            user_id,
            has_alerts,
            limit,
        },
    )
    .map(|row: AttentionRow, log| Attention {
        queued: row.queued,
        running: row.running,
        late: row.late,
        rows: decoded(log, row.rows, "execution", |row| row),
    })
}
