//! What each job does. A route and a schedule run the same.

use std::{
    pin::pin,
    rc::Rc,
    time::{Duration, Instant},
};

use futures::{
    StreamExt as _,
    future::{Either, select},
    stream,
};
use runledger_bus::Bus;
use runledger_llm::Idle;
use runledger_models::{AnyUser, Id, Scope, Timestamp, job::ScheduledJob};
use runledger_store::{
    Db, Error, events,
    jobs::{self, LEASE, Lease, RETENTION, ScanQuery, UntoldAlert},
    monitors::{self, BlockErrorQuery, FrequentQuery},
    scoring,
};
use runledger_web::{Config, setting};
use serde_json::{Map, Value, json};
use spin_sdk::{time::sleep, wasip3::spawn};

use crate::webhook;

/// Whose rows jobs look at.
const EVERYBODY: Scope = Scope::Any(AnyUser::for_own_work());
/// Which graphs the accuracy scan looks at, and what it calls a fall.
const SCAN: ScanQuery = ScanQuery {
    frequent: FrequentQuery {
        days_back: 30,
        min_executions: 10,
    },
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
/// How many things a message lists that says how many there are.
const LISTED: usize = 10;
/// The most characters of a message whose every line has to be in it; Discord takes 2,000.
const MESSAGE: usize = 1_900;
/// How long a run works for a request: less than an answer may take.
const ANSWER: Duration = Duration::from_secs(20);
/// How long a run begins to post messages, each of which may take 18 s with all tries.
const POSTING: Duration = Duration::from_secs(10);
/// How long a run works that nobody waits for. The next goes on.
const RUN: Duration = Duration::from_mins(12);

/// What becomes of work that may take longer than the answer to a request may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Calls {
    /// It goes on after the answer.
    GoOn,
    /// It is awaited: with a trigger's end its instance may end.
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

/// Runs a job, unless a run of it is at work. That it failed is told here: in the log and to `runledger.jobs`, which metrics
/// and readiness show.
pub(crate) async fn run(job: ScheduledJob, db: &Rc<Db>, config: &Config, calls: Calls) -> Result<Run, Error> {
    let run = leased(job, db, config, calls).await;
    if let Err(error) = &run {
        failed(db, job, error);
    }
    run
}

fn failed(db: &Db, job: ScheduledJob, error: &Error) {
    db.log().error(&format!("the job {} failed: {error}", job.name()));
}

async fn leased(job: ScheduledJob, db: &Rc<Db>, config: &Config, calls: Calls) -> Result<Run, Error> {
    let Some(lease) = db.write(jobs::claim(job)).await? else {
        return Ok(Run::Busy);
    };
    let begun = Instant::now();
    let mut pruning = Pruning::default();
    let outcome = while_kept(db, &lease, async {
        match job {
            ScheduledJob::RefreshViews => db
                .write(jobs::refresh_views())
                .await
                .map(|()| json!({ "refreshed": true })),
            ScheduledJob::AccuracyScan => accuracy_scan(db).await,
            ScheduledJob::BlockErrors => block_errors(db).await,
            ScheduledJob::LateExecutions => late_executions(db).await,
            ScheduledJob::AnalyticsTick => analytics_tick(db, config, calls).await,
            ScheduledJob::Prune => {
                let time = if calls == Calls::GoOn { ANSWER } else { RUN };
                pruning.run(db, begun + time).await.map(|()| pruning.outcome())
            }
        }
    })
    .await;
    if job == ScheduledJob::Prune && calls == Calls::GoOn && outcome.is_ok() && !pruning.is_done {
        let db = Rc::clone(db);
        spawn(async move {
            let rest = while_kept(&db, &lease, pruning.run(&db, begun + RUN)).await;
            let outcome = rest.is_ok().then(|| pruning.outcome());
            if let Err(error) = rest.and(db.write(jobs::finish(&lease, outcome.as_ref())).await) {
                failed(&db, job, &error);
            }
        });
        return outcome.map(Run::Done);
    }
    // Whatever came of it, the next run may start.
    let finished = db.write(jobs::finish(&lease, outcome.as_ref().ok())).await;
    let outcome = outcome?;
    finished?;
    Ok(Run::Done(outcome))
}

/// Does a run's work, and says meanwhile that it is alive.
async fn while_kept<T>(db: &Db, lease: &Lease, work: impl Future<Output = T>) -> T {
    let keeping = async {
        loop {
            sleep(LEASE / 4).await;
            // If this fails, the next may not; and if none does, somebody else takes over.
            if let Err(error) = db.write(jobs::renew(lease)).await {
                db.log().warn(&format!("a job's lease was not renewed: {error}"));
            }
        }
    };
    match select(pin!(work), pin!(keeping)).await {
        Either::Left((done, _)) => done,
        Either::Right((never, _)) => never,
    }
}

async fn accuracy_scan(db: &Db) -> Result<Value, Error> {
    let mut outcome = json!(db.write(jobs::scan(&SCAN)).await?);
    // Alerts that an earlier run could not post are posted now. Only those that stand in a message are noted as told.
    let until = Instant::now() + POSTING;
    let mut posted = false;
    while Instant::now() < until {
        let alerts = db.read(jobs::untold_alerts()).await?;
        let mut lines: Vec<String> = alerts.iter().map(line_of_alert).collect();
        lines.truncate(fitting(&lines));
        if !tell(db, "Falling accuracy", &lines, lines.len()).await {
            break;
        }
        posted = true;
        db.write(jobs::alerts_told(&alerts[..lines.len()])).await?;
    }
    outcome["posted"] = json!(posted);
    Ok(outcome)
}

fn line_of_alert(alert: &UntoldAlert) -> String {
    format!(
        "graph {} of user {}: accuracy fell by {}% ({}% over three days, {}% over seven)",
        alert.graph_id, alert.user_id, alert.drop_percent, alert.three_day_avg, alert.seven_day_avg
    )
}

/// How many of these lines a message holds; at least one.
fn fitting(lines: &[String]) -> usize {
    let mut characters = 0;
    let fit = lines.iter().take_while(|line| {
        characters += line.chars().count() + "\n- ".len();
        characters <= MESSAGE
    });
    fit.count().max(1).min(lines.len())
}

async fn block_errors(db: &Db) -> Result<Value, Error> {
    let to = Timestamp::now();
    let query = BlockErrorQuery {
        from: to.days_before(1),
        to,
        min_executions: MIN_BLOCK_RUNS,
        min_error_rate: MIN_BLOCK_ERROR_RATE,
    };
    let blocks = db.read(monitors::block_errors(&EVERYBODY, &query)).await?;
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
    let posted = tell(db, "Failing blocks in the last day", &lines, LISTED).await;
    Ok(json!({ "blocks": blocks, "posted": posted }))
}

async fn late_executions(db: &Db) -> Result<Value, Error> {
    let late = db.read(monitors::late(&EVERYBODY)).await?;
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
    let posted = tell(db, "Executions that are late", &lines, LISTED).await;
    Ok(json!({ "late": late.len(), "posted": posted }))
}

/// Goes on with scoring jobs that nobody works at, or not enough.
async fn analytics_tick(db: &Rc<Db>, config: &Config, calls: Calls) -> Result<Value, Error> {
    let jobs = db.read(scoring::running(&AnyUser::for_own_work())).await?;
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

/// Forgetting what is past its time, as far as it came.
#[derive(Default)]
struct Pruning {
    counts: Map<String, Value>,
    is_done: bool,
}

impl Pruning {
    /// Goes on until nothing is left to do, or until a time.
    async fn run(&mut self, db: &Db, until: Instant) -> Result<(), Error> {
        self.is_done = false;
        // Only numbered events are forgotten, and nobody else may have numbered them.
        while db.read(events::number(None)).await? {
            if Instant::now() >= until {
                return Ok(());
            }
        }
        self.is_done = true;
        self.repeat("holds_ended", until, async || db.write(jobs::end_holds()).await)
            .await?;
        for retention in RETENTION {
            let remove = async || match jobs::prune(retention) {
                Some(prune) => db.write(prune).await,
                None => Ok(0),
            };
            self.repeat(retention.table, until, remove).await?;
        }
        self.repeat("rollup_rows_merged", until, async || {
            db.write(jobs::merge_rollups()).await
        })
        .await
    }

    /// Runs a statement until it finds nothing left to do, or until a time; counts what it did.
    async fn repeat(
        &mut self,
        what: &str,
        until: Instant,
        mut batch: impl AsyncFnMut() -> Result<u64, Error>,
    ) -> Result<(), Error> {
        loop {
            if Instant::now() >= until {
                self.is_done = false;
                return Ok(());
            }
            let count = batch().await?;
            let sum = self.counts.get(what).and_then(Value::as_u64).unwrap_or(0);
            self.counts.insert(what.to_owned(), json!(sum + count));
            if count == 0 {
                return Ok(());
            }
        }
    }

    fn outcome(&self) -> Value {
        let mut outcome = self.counts.clone();
        outcome.insert("done".to_owned(), json!(self.is_done));
        Value::Object(outcome)
    }
}

/// Posts a message, where there is something to say and somebody to tell. A webhook that fails is for the log only.
async fn tell(db: &Db, title: &str, lines: &[String], listed: usize) -> bool {
    if lines.is_empty() {
        return false;
    }
    // Empty where nobody is to be told.
    let url = match setting("alert_webhook_url").await {
        Ok(url) if url.is_empty() => return false,
        Ok(url) => url,
        Err(why) => {
            db.log().error(&why);
            return false;
        }
    };
    let more = lines.len().saturating_sub(listed);
    let mut text = format!("{title}: {}", lines.len());
    for line in lines.iter().take(listed) {
        text.push_str("\n- ");
        text.push_str(line);
    }
    if more > 0 {
        text.extend(["\n- and ", &more.to_string(), " more"]);
    }
    match webhook::post(&url, &text, db.log().trace()).await {
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
    fn a_message_holds_what_fits_and_at_least_one_line() {
        let line = |length: usize| "a".repeat(length);
        for (lengths, fit) in [
            (vec![], 0),
            (vec![10, 10], 2),
            (vec![5_000, 10], 1),
            (vec![900, 900, 900], 2),
        ] {
            let lines: Vec<_> = lengths.into_iter().map(line).collect();
            assert_eq!(fitting(&lines), fit);
        }
    }
}
