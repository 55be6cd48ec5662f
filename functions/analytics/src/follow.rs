//! Telling of a scoring job while it goes on. What is told is read from the database, where the job's runners, here and
//! elsewhere, leave their results.

use std::time::{Duration, Instant};

use runledger_logging::Log;
use runledger_models::{
    Scope,
    scoring::{JobStatus, ScoreResult, ScoringJob},
};
use runledger_store::{
    Error,
    scoring::{self, Results},
};
use runledger_web::{
    Gone, Problem, Sink,
    sse::{self, Follow, Round},
};
use serde_json::json;
use spin_sdk::time::sleep;

use crate::worker::Worker;

/// How often is looked for results.
const INTERVAL: Duration = Duration::from_millis(200);
/// How often something is sent, so that nobody on the way takes the connection for dead.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How many results are read at once.
const BATCH: u32 = 200;
/// How long is waited after the database failed us.
const TROUBLE: Duration = Duration::from_secs(2);

/// How long the database may be away while somebody waits for a report.
const LONGEST_OUTAGE: Duration = Duration::from_mins(5);
/// How often a runner is started that leaves the job without another result.
const MAX_STARTS: u32 = 3;

/// Why a job is no longer followed, though it has not ended.
enum Ended {
    /// Nobody reads.
    Gone,
    /// Nothing is to be expected.
    Problem(Problem),
}

impl From<Gone> for Ended {
    fn from(Gone: Gone) -> Self {
        Self::Gone
    }
}

/// Writes the report when the job has ended, or the problem instead; white space before, which JSON allows.
pub(crate) async fn report(mut sink: Sink, worker: Worker, scope: Scope) {
    let mut results = Vec::new();
    let ended = follow(&mut sink, " ", &worker, &scope, async |_, batch| {
        results.extend(batch);
        Ok(())
    })
    .await;
    let text = match ended {
        // A report cannot fail to be written.
        Ok(job) => serde_json::to_vec(&job.report(results)).unwrap_or_default(),
        Err(Ended::Problem(problem)) => told_as_json(problem, worker.db.log()),
        // A reader who has gone needs none.
        Err(Ended::Gone) => return,
    };
    let _ = sink.send(&text).await;
}

/// Sends a `progress` event for each result, and at the end a `report` event, or a `problem` event.
pub(crate) async fn events(mut sink: Sink, worker: Worker, scope: Scope) {
    let mut results = Vec::new();
    let ended = follow(&mut sink, ": heartbeat\n\n", &worker, &scope, async |told, batch| {
        let ProgressReport { sink, first, total } = told;
        let mut text = String::new();
        for (number, result) in (first..).zip(&batch) {
            let progress = json!({ "done": number, "total_executions": total, "result": result });
            sse::write_event(&mut text, Some(number), "progress", &progress.to_string());
        }
        results.extend(batch);
        sink.send(text.as_bytes()).await
    })
    .await;
    let (event, data) = match ended {
        Ok(job) => ("report", serde_json::to_vec(&job.report(results)).unwrap_or_default()),
        Err(Ended::Problem(problem)) => ("problem", told_as_json(problem, worker.db.log())),
        Err(Ended::Gone) => return,
    };
    let mut text = String::new();
    sse::write_event(&mut text, None::<u32>, event, &String::from_utf8_lossy(&data));
    let _ = sink.send(text.as_bytes()).await;
}

fn told_as_json(problem: Problem, log: &Log) -> Vec<u8> {
    log.error(&format!(
        "a reader of a scoring job gets no report: {}",
        problem.for_log().unwrap_or("nobody works at it")
    ));
    problem.into_json(log.request_id())
}

/// Where results are told, and what of them.
struct ProgressReport<'a> {
    sink: &'a mut Sink,
    /// The number of the first.
    first: u32,
    /// How many there are to be.
    total: u64,
}

/// Hands results on as they come, until the job has ended; the job then. `pulse` is sent while nothing happens.
async fn follow(
    sink: &mut Sink,
    pulse: &'static str,
    worker: &Worker,
    scope: &Scope,
    tell: impl AsyncFnMut(ProgressReport<'_>, Vec<ScoreResult>) -> Result<(), Gone>,
) -> Result<ScoringJob, Ended> {
    let mut reader = Reader {
        worker,
        scope,
        pulse,
        tell,
        after: 0,
        seen: Instant::now(),
        starts: 0,
        pause: INTERVAL,
    };
    sse::follow(&mut reader, sink, HEARTBEAT).await
}

/// A reader of a job.
struct Reader<'a, T> {
    worker: &'a Worker,
    scope: &'a Scope,
    pulse: &'static str,
    tell: T,
    /// The number of the last result that was told.
    after: u32,
    /// When the database last answered.
    seen: Instant,
    /// How often a runner was started since the last result.
    starts: u32,
    /// How long is waited for the next round.
    pause: Duration,
}

impl<T: AsyncFnMut(ProgressReport<'_>, Vec<ScoreResult>) -> Result<(), Gone>> Follow for Reader<'_, T> {
    type End = ScoringJob;
    type Error = Ended;

    async fn round(&mut self, sink: &mut Sink) -> Result<Round<ScoringJob>, Ended> {
        let Worker { db, job, .. } = self.worker;
        self.pause = INTERVAL;
        let mut has_sent = false;
        let state = loop {
            let found = db.read(scoring::results(self.scope, job, self.after, BATCH)).await;
            let Results { job: state, results } = match found {
                Ok(found) => found,
                Err(error @ Error::Unavailable(_)) if self.seen.elapsed() < LONGEST_OUTAGE => {
                    db.log()
                        .warn(&format!("a reader of a scoring job waits for the database: {error}"));
                    sink.send(self.pulse.as_bytes()).await?;
                    self.pause = TROUBLE;
                    return Ok(Round::Sent);
                }
                Err(error) => return Err(Ended::Problem(error.into())),
            };
            self.seen = Instant::now();
            let is_full = results.len() == BATCH as usize;
            if let (Some(first), Some(last)) = (results.first(), results.last()) {
                let first = first.done;
                self.after = last.done;
                let batch = results.into_iter().map(|numbered| numbered.result).collect();
                let total = state.total_executions;
                (self.tell)(ProgressReport { sink, first, total }, batch).await?;
                has_sent = true;
                self.starts = 0;
            }
            if !is_full {
                break state;
            }
        };
        if state.status != JobStatus::Running {
            return Ok(Round::Ended(state));
        }
        self.keep_at_work().await?;
        Ok(if has_sent { Round::Sent } else { Round::Quiet })
    }

    fn heartbeat(&self) -> String {
        self.pulse.to_owned()
    }

    async fn wait(&mut self) {
        sleep(self.pause).await;
    }
}

impl<T> Reader<'_, T> {
    /// While somebody waits, somebody works: when the runner here has ended and nobody else has anything of the job, another
    /// is started, since there may be no schedule that would.
    async fn keep_at_work(&mut self) -> Result<(), Ended> {
        let Worker { db, job, .. } = self.worker;
        // What cannot be found out now is found out in the next round.
        if !self.worker.is_at_work() && matches!(db.read(scoring::is_held(job)).await, Ok(false)) {
            if self.starts == MAX_STARTS {
                let why = format!("nobody goes on with the scoring job {job}; the log says why, and what it has stays");
                return Err(Ended::Problem(Problem::not_ready(why)));
            }
            self.starts += 1;
            self.worker.go_on();
        }
        Ok(())
    }
}
