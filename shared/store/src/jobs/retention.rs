//! How long each table of the schema `runledger` keeps its rows: the one place that says so. A test compares the list with
//! the tables that there are, and sees those shrink that are pruned.

use serde::Serialize;

use crate::Write;

/// The most rows that one statement removes.
const BATCH: u32 = 5_000;

/// How long a table keeps its rows.
#[derive(Debug)]
pub struct Retention {
    /// The table.
    pub table: &'static str,
    /// How long.
    pub kept: Kept,
}

/// How long rows are kept.
#[derive(Debug)]
pub enum Kept {
    /// For a time; then the job `prune` removes them.
    Days {
        /// So many days.
        days: u32,
        /// From when on.
        since: &'static str,
        /// What removes some of them.
        statement: &'static str,
    },
    /// As long as there is what they are about, with nothing to prune.
    AsLongAs(&'static str),
}

const fn days(table: &'static str, days: u32, since: &'static str, statement: &'static str) -> Retention {
    let kept = Kept::Days { days, since, statement };
    Retention { table, kept }
}

const fn as_long_as(table: &'static str, why: &'static str) -> Retention {
    let kept = Kept::AsLongAs(why);
    Retention { table, kept }
}

/// Every table, in the order in which they are pruned.
pub const RETENTION: &[Retention] = &[
    // The day in which `runledger.once` replays.
    days("idempotency_keys", 1, "the write", include_str!("prune_keys.sql")),
    days("events", 7, "the change", include_str!("prune_events.sql")),
    days(
        "queue_entries",
        7,
        "their run ended",
        include_str!("prune_queue_entries.sql"),
    ),
    days("credit_holds", 90, "they ended", include_str!("prune_holds.sql")),
    // The items first: a job with a million of them does not go in one statement.
    days(
        "scoring_items",
        90,
        "their job ended",
        include_str!("prune_scoring_items.sql"),
    ),
    days("scoring_jobs", 90, "they ended", include_str!("prune_scoring_jobs.sql")),
    days(
        "accuracy_alerts",
        365,
        "the graph recovered",
        include_str!("prune_alerts.sql"),
    ),
    days(
        "request_metrics",
        30,
        "the last such request",
        include_str!("prune_request_metrics.sql"),
    ),
    days(
        "executions_at_work",
        0,
        "their execution ended",
        include_str!("prune_at_work.sql"),
    ),
    as_long_as("scores", "their execution is there"),
    as_long_as(
        "share_ends",
        "their execution is there: without its end, a link would have none",
    ),
    as_long_as(
        "execution_rollups",
        "their executions are there; merged when their day is over",
    ),
    as_long_as("rollup_backfill", "the backfill goes on; one row"),
    as_long_as("event_state", "the outbox is there; one row"),
    as_long_as("jobs", "the program has the job; one row each"),
    as_long_as("block_registry", "the block is registered; one row each"),
    as_long_as("migrations", "the schema is there; one row each"),
    as_long_as(
        "migration_steps",
        "the schema is there; one row for each step of a file",
    ),
];

#[derive(Serialize)]
struct PruneArgs {
    days: u32,
    limit: u32,
}

/// Removes some rows that are past their time; how many, zero when none are left. `None` for a table that is not pruned.
pub fn prune(retention: &Retention) -> Option<Write<u64>> {
    match retention.kept {
        Kept::Days { days, statement, .. } => Some(Write::new(statement, &PruneArgs { days, limit: BATCH })),
        Kept::AsLongAs(_) => None,
    }
}
