//! What each job does. A route and a schedule run the same.

use std::{rc::Rc, time::Duration};

use futures::{StreamExt as _, stream};
use runledger_bus::Bus;
use runledger_llm::Idle;
use runledger_models::{AnyUser, Id, Scope, Timestamp};
use runledger_store::{
    Db, Error,
    jobs::{self, ScanArgs},
    scoring,
    trends::{self, BlockErrorQuery},
};
use runledger_web::Config;
use serde_json::{Value, json};
use spin_sdk::wasip3::spawn;

use crate::webhook;

/// Whose rows jobs look at.
const EVERYBODY: Scope = Scope::Any(AnyUser::for_own_work());
/// Which graphs the accuracy scan looks at, and what it calls a fall.
const SCAN: ScanArgs = ScanArgs {
    days_back: 30,
    min_executions: 10,
    scan_days: 21,
    threshold: 10,
};
/// From how many runs on, and how many failures in a hundred, a block is reported.
const MIN_BLOCK_RUNS: u32 = 10;
const MIN_BLOCK_ERROR_RATE: u32 = 50;
/// How long a tick begins new work on a job: until about the next tick.
const TICK: Duration = Duration::from_secs(25);
/// How many scoring jobs a tick works at at once.
const SCORED_AT_ONCE: usize = 4;
/// How many things a message lists.
const LISTED: usize = 10;
/// The most batches of one kind in a pruning, so that a run ends before its lease.
const MOST_BATCHES: u32 = 200;

/// A scheduled job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Job {
    RefreshViews,
    AccuracyScan,
    BlockErrors,
    LateExecutions,
    AnalyticsTick,
    Prune,
}

/// What becomes of calls to language models, which may take longer than the answer to a request may.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Calls {
    /// They go on after the answer.
    GoOn,
    /// They are awaited: with a trigger's end its instance may end.
    #[cfg_attr(
        not(target_family = "wasm"),
        expect(dead_code, reason = "only the cron trigger does so")
    )]
    AreAwaited,
}

/// What a call to run a job came to.
pub(crate) enum Run {
    /// It did its work.
    Done(Value),
    /// Another run is at work.
    Busy,
}

impl Job {
    const ALL: [Self; 6] = [
        Self::RefreshViews,
        Self::AccuracyScan,
        Self::BlockErrors,
        Self::LateExecutions,
        Self::AnalyticsTick,
        Self::Prune,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::RefreshViews => "refresh-views",
            Self::AccuracyScan => "accuracy-scan",
            Self::BlockErrors => "block-errors",
            Self::LateExecutions => "late-executions",
            Self::AnalyticsTick => "analytics-tick",
            Self::Prune => "prune",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|job| job.name() == name)
    }

    /// Runs the job, unless a run of it is at work.
    pub(crate) async fn run(self, db: &Rc<Db>, config: &Config, calls: Calls) -> Result<Run, Error> {
        let Some(lease) = jobs::claim(db, self.name()).await? else {
            return Ok(Run::Busy);
        };
        let outcome = self.work(db, config, calls).await;
        // Whatever came of it, the next run may start.
        let told = outcome
            .as_ref()
            .map_or_else(|_| json!({ "failed": true }), Value::clone);
        let finished = jobs::finish(db, lease, &told).await;
        let outcome = outcome?;
        finished?;
        Ok(Run::Done(outcome))
    }

    async fn work(self, db: &Rc<Db>, config: &Config, calls: Calls) -> Result<Value, Error> {
        match self {
            Self::RefreshViews => {
                jobs::refresh_views(db).await?;
                Ok(json!({ "refreshed": true }))
            }
            Self::AccuracyScan => accuracy_scan(db, config).await,
            Self::BlockErrors => block_errors(db, config).await,
            Self::LateExecutions => late_executions(db, config).await,
            Self::AnalyticsTick => analytics_tick(db, config, calls).await,
            Self::Prune => prune(db).await,
        }
    }
}

async fn accuracy_scan(db: &Db, config: &Config) -> Result<Value, Error> {
    let mut outcome = json!(jobs::scan(db, &SCAN).await?);
    // Alerts that an earlier run could not post are posted now.
    let alerts = jobs::untold_alerts(db).await?;
    let lines: Vec<String> = alerts
        .iter()
        .map(|alert| {
            format!(
                "graph {} of user {}: accuracy fell by {}% ({}% over three days, {}% over seven)",
                alert.graph_id, alert.user_id, alert.drop_percent, alert.three_day_avg, alert.seven_day_avg
            )
        })
        .collect();
    let posted = tell(db, config, "Falling accuracy", &lines).await;
    if posted {
        jobs::alerts_told(db, &alerts).await?;
    }
    outcome["posted"] = json!(posted);
    Ok(outcome)
}

async fn block_errors(db: &Db, config: &Config) -> Result<Value, Error> {
    let to = Timestamp::now();
    let query = BlockErrorQuery {
        from: to.days_before(1),
        to,
        min_executions: MIN_BLOCK_RUNS,
        min_error_rate: MIN_BLOCK_ERROR_RATE,
    };
    let blocks = trends::block_errors(db, &EVERYBODY, &query).await?;
    let lines: Vec<String> = blocks
        .iter()
        .map(|block| {
            format!(
                "{}: {} of {} runs failed ({:.0}%)",
                block.block_name.as_deref().unwrap_or(&block.block_id),
                block.failed_executions,
                block.total_executions,
                block.error_rate
            )
        })
        .collect();
    let posted = tell(db, config, "Failing blocks in the last day", &lines).await;
    Ok(json!({ "blocks": blocks, "posted": posted }))
}

async fn late_executions(db: &Db, config: &Config) -> Result<Value, Error> {
    let late = trends::late(db, &EVERYBODY).await?;
    let lines: Vec<String> = late
        .iter()
        .map(|each| {
            format!(
                "{} of graph {}: {} since {}",
                each.id,
                each.graph_id,
                each.status.as_str(),
                each.since
                    .map_or_else(|| "a time that cannot be shown".to_owned(), |since| since.to_string())
            )
        })
        .collect();
    let posted = tell(db, config, "Executions that are late", &lines).await;
    Ok(json!({ "late": late.len(), "posted": posted }))
}

/// Goes on with scoring jobs that nobody works at, or not enough.
async fn analytics_tick(db: &Rc<Db>, config: &Config, calls: Calls) -> Result<Value, Error> {
    let jobs = scoring::running(db, &AnyUser::for_own_work()).await?;
    let running = jobs.len();
    let runs: Vec<_> = jobs
        .into_iter()
        .map(|job| go_on(Rc::clone(db), config.bus.clone(), job))
        .collect();
    let runs = stream::iter(runs).buffer_unordered(SCORED_AT_ONCE).collect::<()>();
    match calls {
        Calls::GoOn => spawn(runs),
        Calls::AreAwaited => runs.await,
    }
    Ok(json!({ "running": running }))
}

async fn go_on(db: Rc<Db>, bus: Option<Rc<Bus>>, job: Id) {
    // The others may do better: it may be the key of one provider that is missing.
    if let Err(error) = runledger_llm::run(&db, bus, &job, TICK, Idle::Leave).await {
        db.log()
            .error(&format!("the scoring job {job} does not go on: {error}"));
    }
}

async fn prune(db: &Db) -> Result<Value, Error> {
    let keys = in_batches(async || jobs::prune_keys(db).await).await?;
    let events = in_batches(async || jobs::prune_events(db).await).await?;
    let merged = in_batches(async || jobs::merge_rollups(db).await).await?;
    Ok(json!({ "idempotency_keys": keys, "events": events, "rollup_rows_merged": merged }))
}

/// Runs a statement until it finds nothing left to do, or often enough; how much it did.
async fn in_batches(mut batch: impl AsyncFnMut() -> Result<u64, Error>) -> Result<u64, Error> {
    let mut done = 0;
    for _ in 0..MOST_BATCHES {
        match batch().await? {
            0 => break,
            count => done += count,
        }
    }
    Ok(done)
}

/// Posts a message, where there is something to say and somebody to tell. A webhook that fails is for the log only.
async fn tell(db: &Db, config: &Config, title: &str, lines: &[String]) -> bool {
    if lines.is_empty() || config.alert_webhook_url.is_empty() {
        return false;
    }
    let more = lines.len().saturating_sub(LISTED);
    let mut text = format!("{title}: {}", lines.len());
    for line in lines.iter().take(LISTED) {
        text.push_str("\n- ");
        text.push_str(line);
    }
    if more > 0 {
        text.extend(["\n- and ", &more.to_string(), " more"]);
    }
    match webhook::post(&config.alert_webhook_url, &text, db.log().trace()).await {
        Ok(()) => true,
        Err(why) => {
            db.log().warn(&format!("the alert webhook was not reached: {why}"));
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_has_a_name_of_its_own() {
        for job in Job::ALL {
            assert_eq!(Job::named(job.name()), Some(job));
        }
        assert_eq!(Job::named("none"), None);
    }
}
