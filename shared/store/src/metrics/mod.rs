//! Numbers for operators: what instances counted of their requests, and how much stands where.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Read, Write};

const ADD: &str = include_str!("add.sql");
const READ: &str = include_str!("read.sql");

/// The upper bounds of the buckets that the durations of requests are counted in, in seconds.
pub const BOUNDS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// What was counted of requests with one method, route and status.
#[derive(Debug, Serialize)]
pub struct Counted<'a> {
    /// The method.
    pub method: &'a str,
    /// The path of the route; empty where there is none.
    pub route: &'a str,
    /// The status.
    pub status: u16,
    /// How many.
    pub requests: u64,
    /// How long all of them took.
    pub seconds: f64,
    /// How often they asked Postgres.
    pub database_round_trips: u32,
    /// How often they asked Redis.
    pub redis_round_trips: u32,
    /// How many took no longer than each of [`BOUNDS`] but longer than the one before, and at last longer than all.
    pub buckets: &'a [u64],
}

#[derive(Serialize)]
struct AddArgs<'a> {
    rows: &'a [Counted<'a>],
}

/// Adds what an instance has counted.
pub fn add(rows: &[Counted<'_>]) -> Write<()> {
    Write::<Box<RawValue>>::new(ADD, &AddArgs { rows }).unit()
}

/// Requests of one method, route and status since the counting began.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "as `Counted` has them")]
pub struct Requests {
    pub method: String,
    pub route: String,
    pub status: u16,
    pub requests: u64,
    pub seconds: f64,
    pub database_round_trips: u64,
    pub redis_round_trips: u64,
    pub buckets: Vec<u64>,
}

/// How many stand somewhere.
#[derive(Debug, Deserialize)]
pub struct Standing {
    /// Where.
    pub state: String,
    /// How many.
    pub count: u64,
}

/// The outbox of changes.
#[derive(Debug, Deserialize)]
pub struct Outbox {
    /// Events that have no number yet; those beyond 100,000 are not counted.
    pub unnumbered: u64,
    /// How old the oldest of them is, in seconds; 0 where there is none.
    pub lag_seconds: f64,
    /// Events that have a number and were not published, as far as was said.
    pub unpublished: u64,
}

/// A scheduled job.
#[derive(Debug, Deserialize)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// Whether it is at work.
    pub running: bool,
    /// When it last began, in seconds since 1970.
    pub started_at: Option<f64>,
    /// When it last came to its end, in seconds since 1970.
    pub finished_at: Option<f64>,
    /// When it last did so without a failure, in seconds since 1970.
    pub succeeded_at: Option<f64>,
    /// How many of its runs failed or died.
    pub failures: u64,
}

/// Numbers for operators.
#[derive(Debug, Deserialize)]
pub struct Metrics {
    /// Requests.
    pub requests: Vec<Requests>,
    /// Executions that were created in the last 30 days, by status.
    pub executions: Vec<Standing>,
    /// The outbox.
    pub outbox: Outbox,
    /// Entries of the executions' queues: `waiting`, or `leased`.
    pub queue: Vec<Standing>,
    /// Scheduled jobs.
    pub jobs: Vec<Job>,
    /// Scoring jobs, by status.
    pub scoring_jobs: Vec<Standing>,
    /// Executions that wait to be scored.
    pub scoring_waiting: u64,
    /// Credit holds that have not ended.
    pub credit_holds: u64,
    /// The number of the newest migration.
    pub schema_version: u64,
}

/// Reads the numbers.
pub fn read() -> Read<Metrics> {
    Read::new(READ, &serde_json::json!({}))
}
