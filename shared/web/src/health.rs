//! Whether everything that requests need is there: what the readiness endpoint answers by, and what operators see.

use runledger_models::job::ScheduledJob;
use runledger_store::health::{JobState, NEEDED_VERSION, State};
use serde::Serialize;
use spin_sdk::redis;
use utoipa::ToSchema;

use crate::{Problem, setting};

/// Redis is never needed to serve a request; its state is told all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RedisState {
    /// It answers.
    Ok,
    /// It is set and does not answer.
    Down,
    /// It is not set.
    Unset,
}

/// Asks Redis whether it is there.
pub async fn redis_state() -> Result<RedisState, Problem> {
    let url = setting("redis_url").await.map_err(Problem::internal)?;
    if url.is_empty() {
        return Ok(RedisState::Unset);
    }
    let Ok(connection) = redis::Connection::open(url).await else {
        return Ok(RedisState::Down);
    };
    Ok(match connection.execute("PING", []).await {
        Ok(_) => RedisState::Ok,
        Err(_) => RedisState::Down,
    })
}

/// Why this program cannot serve on this database. `is_read_only`: it is one that is meant to take no writes.
pub fn refusal(state: &State, is_read_only: bool) -> Option<String> {
    let version = state.schema_version;
    if version < NEEDED_VERSION {
        return Some(format!(
            "the database has the tables of migration {version}, and this program needs those of {NEEDED_VERSION}; \
             migrate it first"
        ));
    }
    (state.is_read_only && !is_read_only)
        .then(|| "the database takes no writes: it is a standby, or set to be read-only".to_owned())
}

/// How many periods a job may miss.
const PERIODS: f64 = 3.0;

/// What somebody should know of a job.
pub fn warning(state: &JobState) -> Option<String> {
    let JobState { name, seconds, .. } = state;
    let period = ScheduledJob::named(name)?.period().as_secs_f64();
    if *seconds > PERIODS * period {
        let since = if state.has_succeeded {
            "has not succeeded for"
        } else {
            "has never succeeded in"
        };
        Some(format!(
            "the job {name} {since} {seconds:.0} s; it is to run every {period:.0} s"
        ))
    } else if state.has_failed {
        Some(format!("the last run of the job {name} failed"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_tables_and_a_server_that_takes_no_writes_are_refused() {
        for (schema_version, is_read_only, meant, refused) in [
            (NEEDED_VERSION, false, false, false),
            (NEEDED_VERSION + 1, false, false, false),
            (NEEDED_VERSION - 1, false, false, true),
            (NEEDED_VERSION - 1, false, true, true),
            (NEEDED_VERSION, true, false, true),
            (NEEDED_VERSION, true, true, false),
        ] {
            let state = State {
                schema_version,
                is_read_only,
            };
            assert_eq!(refusal(&state, meant).is_some(), refused, "{state:?} {meant}");
        }
    }

    #[test]
    fn jobs_that_fail_or_do_not_run_are_told_of() {
        for (seconds, has_succeeded, has_failed, warned) in [
            (3.0 * 3600.0, true, false, None),
            (10.0, false, false, None),
            (10.0, true, true, Some("failed")),
            (3.0 * 3600.0 + 1.0, true, false, Some("not succeeded for 10801 s")),
            (3.0 * 3600.0 + 1.0, false, true, Some("never succeeded in 10801 s")),
        ] {
            let state = JobState {
                name: "prune".to_owned(),
                seconds,
                has_succeeded,
                has_failed,
            };
            let text = warning(&state);
            assert!(
                text.as_deref()
                    .map_or(warned.is_none(), |text| warned.is_some_and(|part| text.contains(part))),
                "{text:?}"
            );
        }
    }
}
