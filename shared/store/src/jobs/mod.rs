//! Scheduled jobs: who may run one, and what each does to the database.

mod retention;

use std::time::Duration;

use runledger_models::{Id, job::ScheduledJob};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Read, Write, monitors::FrequentQuery};

pub use retention::{Kept, RETENTION, Retention, prune};

/// Takes a job's lease.
const CLAIM: &str = include_str!("claim.sql");
/// Keeps a job's lease.
const RENEW: &str = include_str!("renew.sql");
/// Gives a job's lease back.
const FINISH: &str = include_str!("finish.sql");
/// Refreshes the views over runs and reviews.
const REFRESH_VIEWS: &str = include_str!("refresh_views.sql");
/// Ends holds that have run out.
const END_HOLDS: &str = include_str!("end_holds.sql");
/// Makes one rollup row of several.
const MERGE_ROLLUPS: &str = include_str!("merge_rollups.sql");
/// Opens and closes accuracy alerts.
const SCAN: &str = include_str!("scan.sql");
/// Alerts that nobody was told of.
const UNTOLD_ALERTS: &str = include_str!("untold_alerts.sql");
/// Notes that somebody was told.
const ALERTS_TOLD: &str = include_str!("alerts_told.sql");

/// How long a run that no longer says that it is alive keeps others from the job: [`renew`] it well before. A run that died is
/// followed by another one after that.
pub const LEASE: Duration = Duration::from_mins(1);
/// The most rows that one statement of a job changes.
const BATCH: u32 = 5_000;
/// The most alerts that are read for one message.
const MAX_ALERTS: u32 = 50;

/// The right to run a job.
#[derive(Debug)]
pub struct Lease {
    name: &'static str,
    lease: Id,
}

#[derive(Serialize)]
struct LeaseArgs<'a> {
    name: &'static str,
    lease: &'a Id,
    seconds: u64,
}

/// The lease of a job; `None` while another run holds it.
pub fn claim(job: ScheduledJob) -> Write<Option<Lease>> {
    let name = job.name();
    let lease = Id::generate();
    let args = LeaseArgs {
        name,
        lease: &lease,
        seconds: LEASE.as_secs(),
    };
    Write::new(CLAIM, &args).map(move |claimed: bool, _| claimed.then_some(Lease { name, lease }))
}

/// Keeps a lease for as long again; `false` when another run has taken it over.
pub fn renew(lease: &Lease) -> Write<bool> {
    let args = LeaseArgs {
        name: lease.name,
        lease: &lease.lease,
        seconds: LEASE.as_secs(),
    };
    Write::new(RENEW, &args)
}

#[derive(Serialize)]
struct FinishArgs<'a> {
    name: &'static str,
    lease: &'a Id,
    outcome: &'a Value,
    failed: bool,
}

/// Ends a run with what it came to; `None` for one that failed.
pub fn finish(lease: &Lease, outcome: Option<&Value>) -> Write<()> {
    let failure = serde_json::json!({ "failed": true });
    let args = FinishArgs {
        name: lease.name,
        lease: &lease.lease,
        outcome: outcome.unwrap_or(&failure),
        failed: outcome.is_none(),
    };
    Write::<bool>::new(FINISH, &args).unit()
}

#[derive(Serialize)]
struct Limit {
    limit: u32,
}

/// Refreshes the materialized views.
pub fn refresh_views() -> Write<()> {
    Write::<bool>::new(REFRESH_VIEWS, &serde_json::json!({})).unit()
}

/// Ends some holds that have run out; how many. Zero when none are left.
pub fn end_holds() -> Write<u64> {
    Write::new(END_HOLDS, &Limit { limit: BATCH })
}

/// Makes one row of several for some rollups; how many rows that saved. Zero when none are left.
pub fn merge_rollups() -> Write<u64> {
    Write::new(MERGE_ROLLUPS, &Limit { limit: BATCH })
}

/// What is scanned, and what an alert is.
#[derive(Debug, Serialize)]
pub struct ScanQuery {
    /// Which graphs are frequent.
    #[serde(flatten)]
    pub frequent: FrequentQuery,
    /// The days whose scores are looked at.
    pub scan_days: u32,
    /// The fall in percent from which on there is an alert.
    pub threshold: u32,
}

/// What a scan did.
#[derive(Debug, Serialize, Deserialize)]
pub struct Scanned {
    /// How many users' graphs it looked at.
    #[serde(rename = "scanned")]
    graphs: u64,
    /// How many alerts it opened.
    opened: u64,
    /// How many alerts it closed.
    recovered: u64,
}

/// Opens an alert for every frequent graph whose accuracy has fallen, and closes those of graphs that recovered.
pub fn scan(args: &ScanQuery) -> Write<Scanned> {
    Write::new(SCAN, args)
}

/// An open alert that nobody was told of.
#[derive(Debug, Deserialize)]
pub struct UntoldAlert {
    /// The alert.
    pub id: String,
    /// The graph.
    pub graph_id: String,
    /// Who ran it.
    pub user_id: String,
    /// The fall, in percent.
    pub drop_percent: f64,
    /// The mean of the last 3 daily scores.
    pub three_day_avg: f64,
    /// The mean of the last 7 daily scores.
    pub seven_day_avg: f64,
}

/// Open alerts that nobody was told of, the oldest first.
pub fn untold_alerts() -> Read<Vec<UntoldAlert>> {
    Read::new(UNTOLD_ALERTS, &Limit { limit: MAX_ALERTS })
}

#[derive(Serialize)]
struct ToldArgs<'a> {
    ids: Vec<&'a str>,
}

/// Notes that somebody was told of these alerts.
pub fn alerts_told(alerts: &[UntoldAlert]) -> Write<()> {
    let ids = alerts.iter().map(|alert| alert.id.as_str()).collect();
    Write::<u64>::new(ALERTS_TOLD, &ToldArgs { ids }).unit()
}
