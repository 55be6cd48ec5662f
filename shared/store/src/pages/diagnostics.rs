//! `/diagnostics`: what is stuck besides late executions.

use std::collections::BTreeMap;

use runledger_models::{Scope, Timestamp, time::StoredTime};
use serde::{Deserialize, Serialize};

use crate::{
    Read,
    stored::{Row, decoded, shown_time},
};

const DIAGNOSTICS: &str = include_str!("diagnostics.sql");

/// An execution that nobody has queued.
#[derive(Debug)]
pub struct Unstarted {
    /// The execution.
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    /// Its graph.
    pub graph_id: String,
    /// When it was made.
    pub since: Option<Timestamp>,
}

/// An entry of a queue that was taken and not acknowledged in time.
#[derive(Debug, Deserialize)]
pub struct QueueEntry {
    /// The execution whose queue it is in.
    pub graph_exec_id: String,
    /// The node execution that waits.
    pub node_exec_id: String,
    /// When it came back.
    #[serde(deserialize_with = "runledger_models::time::deserialize_stored")]
    pub leased_until: Timestamp,
}

/// What is stuck besides late executions.
#[derive(Debug)]
pub struct Diagnostics {
    /// Executions that nobody has queued, the oldest first.
    pub unstarted: Vec<Unstarted>,
    /// How many there are, as far as a thousand.
    pub unstarted_total: u64,
    /// Entries that were not acknowledged, the oldest first.
    pub entries: Vec<QueueEntry>,
    /// How many there are, as far as a thousand.
    pub entries_total: u64,
    /// The names of the graphs that have one, of these executions and of those asked for.
    pub names: BTreeMap<String, String>,
}

/// What is stuck within `scope` besides late executions, at most `limit` of each; and the names of some graphs.
pub fn diagnostics<'a>(scope: &Scope, graph_ids: impl IntoIterator<Item = &'a str>, limit: u32) -> Read<Diagnostics> {
    #[derive(Serialize)]
    struct DiagnosticsArgs<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        user_id: Option<&'a str>,
        graph_ids: Vec<&'a str>,
        limit: u32,
    }
    let args = DiagnosticsArgs {
        user_id: scope.user_id(),
        graph_ids: graph_ids.into_iter().collect(),
        limit,
    };
    Read::new(DIAGNOSTICS, &args).map(|row: DiagnosticsRow, log| Diagnostics {
        unstarted: decoded(log, row.unstarted, "execution", |row| Unstarted {
            since: shown_time(log, Some(&row.since), &format!("execution {}", row.id), "createdAt"),
            id: row.id,
            user_id: row.user_id,
            graph_id: row.graph_id,
        }),
        unstarted_total: row.unstarted_total,
        entries: decoded(log, row.entries, "entry of a queue", |entry| entry),
        entries_total: row.entries_total,
        names: row.names,
    })
}

#[derive(Deserialize)]
struct DiagnosticsRow {
    unstarted: Vec<Row<UnstartedRow>>,
    unstarted_total: u64,
    entries: Vec<Row<QueueEntry>>,
    entries_total: u64,
    names: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct UnstartedRow {
    id: String,
    user_id: String,
    graph_id: String,
    since: StoredTime,
}
