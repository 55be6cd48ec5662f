//! Telling of a scoring job while it goes on. What is told is read from the database, where the job's runners, here and
//! elsewhere, leave their results.

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use runledger_models::{
    Id, Scope,
    scoring::{JobStatus, ScoreResult, ScoringJob},
};
use runledger_store::{
    Db, Error,
    scoring::{self, Results},
};
use runledger_web::{Gone, Sink};
use serde_json::json;
use spin_sdk::time::sleep;

/// How often is looked for results.
const INTERVAL: Duration = Duration::from_millis(200);
/// How often something is sent, so that nobody on the way takes the connection for dead.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How many results are read at once.
const BATCH: u32 = 200;
/// How long is waited after the database failed us.
const TROUBLE: Duration = Duration::from_secs(2);

/// Writes the report when the job has ended; white space before, which JSON allows.
pub(crate) async fn report(mut sink: Sink, db: Rc<Db>, scope: Scope, job: Id) {
    let mut results = Vec::new();
    if let Ok(job) = follow(&mut sink, " ", &db, &scope, &job, async |_, batch| {
        results.extend(batch);
        Ok(())
    })
    .await
    {
        // A reader who has gone needs no report, and a report cannot fail to be written.
        let text = serde_json::to_vec(&job.report(results)).unwrap_or_default();
        let _ = sink.send(&text).await;
    }
}

/// Sends a `progress` event for each result, and a `report` event at the end.
pub(crate) async fn events(mut sink: Sink, db: Rc<Db>, scope: Scope, job: Id) {
    let mut results = Vec::new();
    let ended = follow(&mut sink, ": heartbeat\n\n", &db, &scope, &job, async |told, batch| {
        let Told { sink, first, total } = told;
        let mut text = String::new();
        for (number, result) in (first..).zip(&batch) {
            let progress = json!({ "done": number, "total_executions": total, "result": result });
            for part in [
                "id: ",
                &number.to_string(),
                "\nevent: progress\ndata: ",
                &progress.to_string(),
                "\n\n",
            ] {
                text.push_str(part);
            }
        }
        results.extend(batch);
        sink.send(text.as_bytes()).await
    })
    .await;
    if let Ok(job) = ended {
        let report = json!(job.report(results));
        let _ = sink.send(format!("event: report\ndata: {report}\n\n").as_bytes()).await;
    }
}

/// Where results are told, and what of them.
struct Told<'a> {
    sink: &'a mut Sink,
    /// The number of the first.
    first: u32,
    /// How many there are to be.
    total: u64,
}

/// Hands results on as they come, until the job has ended; the job then. `pulse` is sent while nothing happens.
async fn follow(
    sink: &mut Sink,
    pulse: &str,
    db: &Db,
    scope: &Scope,
    job: &Id,
    mut tell: impl AsyncFnMut(Told<'_>, Vec<ScoreResult>) -> Result<(), Gone>,
) -> Result<ScoringJob, Gone> {
    let mut after = 0;
    let mut spoke = Instant::now();
    loop {
        let Results { job: state, results } = match scoring::results(db, scope, job, after, BATCH).await {
            Ok(found) => found,
            Err(error) => {
                db.log()
                    .warn(&format!("a reader of a scoring job waits for the database: {error}"));
                if !matches!(error, Error::Unavailable(_)) {
                    return Err(Gone);
                }
                sink.send(pulse.as_bytes()).await?;
                sleep(TROUBLE).await;
                continue;
            }
        };
        let is_full = results.len() == BATCH as usize;
        if let (Some(first), Some(last)) = (results.first(), results.last()) {
            let first = first.done;
            after = last.done;
            let batch = results.into_iter().map(|numbered| numbered.result).collect();
            let total = state.total_executions;
            tell(Told { sink, first, total }, batch).await?;
            spoke = Instant::now();
        }
        if is_full {
            continue;
        }
        if state.status != JobStatus::Running {
            return Ok(state);
        }
        if spoke.elapsed() >= HEARTBEAT {
            spoke = Instant::now();
            sink.send(pulse.as_bytes()).await?;
        } else {
            sink.check().await?;
        }
        sleep(INTERVAL).await;
    }
}
