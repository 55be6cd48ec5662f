//! Whether the database can serve, and whether what is scheduled is done.

use runledger_models::job::ScheduledJob;
use serde::{Deserialize, Serialize};

use crate::Read;

/// The schema that this program needs: the number of the newest migration when it was built.
pub const NEEDED_VERSION: i64 = include!(concat!(env!("OUT_DIR"), "/needed_version.rs"));

/// What the database is.
const STATE: &str = include_str!("state.sql");
/// What became of scheduled jobs.
const JOBS: &str = include_str!("jobs.sql");

/// What the database is.
#[derive(Debug, Deserialize)]
pub struct State {
    /// The number of the newest migration that was applied.
    #[serde(rename = "version")]
    pub schema_version: i64,
    /// Whether it takes no writes: it is a standby, or set so.
    #[serde(rename = "read_only")]
    pub is_read_only: bool,
}

/// Asks the database what it is.
pub fn state() -> Read<State> {
    Read::new(STATE, &serde_json::json!({}))
}

/// What became of a scheduled job.
#[derive(Debug, Deserialize)]
pub struct JobState {
    /// The job.
    pub name: String,
    /// How long ago a run last succeeded; where none ever did, how long there has been a schema.
    pub seconds: f64,
    /// Whether a run ever succeeded.
    pub has_succeeded: bool,
    /// Whether the last run failed, or died.
    pub has_failed: bool,
}

/// What became of all scheduled jobs.
pub fn jobs() -> Read<Vec<JobState>> {
    #[derive(Serialize)]
    struct JobsArgs {
        names: [&'static str; ScheduledJob::ALL.len()],
    }
    let names = ScheduledJob::ALL.map(ScheduledJob::name);
    Read::new(JOBS, &JobsArgs { names })
}
