//! `GET /system`: are database, Redis, jobs, queues and the event outbox well?

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    fmt::{Display, Formatter},
    time::Duration,
};

use askama::Template;
use http::Method;
use runledger_models::{Timestamp, job::ScheduledJob};
use runledger_store::{
    health::{self, JobState, NEEDED_VERSION, State},
    metrics::{self, BOUNDS, Job, Metrics, Requests, Standing},
};
use runledger_web::{
    Call, Door, Endpoint, NoParams, Problem, Reply, Trusted,
    health::{RedisState, redis_state, refusal, warning},
    page::Rendered,
    setting,
};

use crate::{
    DOOR,
    format::{Count, Percentage, Seconds, Short},
    parts::{Empty, When},
    shell::{Freshness, Section, Shell, render},
};

/// Routes on the page.
const ROUTES: usize = 25;
/// Events that wait longer to be numbered are told of, in seconds.
const LATE_EVENTS: f64 = 60.0;
/// So many events are counted and no more, as the statement has it.
const MAX_EVENTS: u64 = 100_000;

/// Whether something is well, and in which words.
struct Verdict {
    class: &'static str,
    word: &'static str,
}

const fn verdict(class: &'static str, word: &'static str) -> Verdict {
    Verdict { class, word }
}

/// The time from one run to the next: `30 s`, `15 min`, `24 h`.
struct Period(Duration);

impl Display for Period {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self.0.as_secs() {
            seconds @ 0..60 => write!(f, "{seconds} s"),
            seconds @ 60..3600 => write!(f, "{} min", seconds / 60),
            seconds => write!(f, "{} h", seconds / 3600),
        }
    }
}

/// A scheduled job as a row.
struct JobRow {
    name: &'static str,
    period: Period,
    verdict: Verdict,
    began: Option<Timestamp>,
    succeeded: Option<Timestamp>,
    failures: u64,
}

impl JobRow {
    fn new(job: ScheduledJob, known: Option<&Job>, state: Option<&JobState>) -> Self {
        let verdict = if known.is_some_and(|known| known.running) {
            verdict("running", "At work")
        } else if state.is_some_and(|state| state.has_failed) {
            verdict("failed", "Failed")
        } else if state.and_then(warning).is_some() {
            verdict("failed", "Overdue")
        } else if state.is_some_and(|state| state.has_succeeded) {
            verdict("done", "Well")
        } else {
            verdict("queued", "Not yet run")
        };
        let time = |time: fn(&Job) -> Option<f64>| {
            let seconds = known.and_then(time)?;
            Timestamp::from_millis((seconds * 1000.0) as i64)
        };
        Self {
            name: job.name(),
            period: Period(job.period()),
            verdict,
            began: time(|job| job.started_at),
            succeeded: time(|job| job.succeeded_at),
            failures: known.map_or(0, |known| known.failures),
        }
    }
}

/// Requests of one route and method, whatever their status.
#[derive(Default)]
struct RouteRow {
    method: String,
    route: String,
    requests: u64,
    refused: u64,
    failed: u64,
    seconds: f64,
    buckets: [u64; BOUNDS.len() + 1],
}

impl RouteRow {
    fn add(&mut self, counted: &Requests) {
        self.requests += counted.requests;
        self.seconds += counted.seconds;
        match counted.status {
            400..500 => self.refused += counted.requests,
            500.. => self.failed += counted.requests,
            _ => {}
        }
        for (sum, count) in self.buckets.iter_mut().zip(&counted.buckets) {
            *sum += count;
        }
    }

    fn mean(&self) -> Seconds {
        Seconds(self.seconds / self.requests.max(1) as f64)
    }

    fn refused(&self) -> Percentage {
        Percentage(self.refused as f64 / self.requests.max(1) as f64)
    }

    fn failed(&self) -> Percentage {
        Percentage(self.failed as f64 / self.requests.max(1) as f64)
    }

    /// The bound that 95 of 100 requests keep to; none where it is above all.
    fn usual(&self) -> Option<Seconds> {
        let counted: u64 = self.buckets.iter().sum();
        let mut within = 0;
        BOUNDS
            .iter()
            .zip(&self.buckets)
            .find(|(_, count)| {
                within += **count;
                within * 100 >= counted * 95
            })
            .map(|(bound, _)| Seconds(*bound))
    }
}

/// The routes that were asked for most, and how many there are besides.
fn routes(counted: &[Requests]) -> (Vec<RouteRow>, usize) {
    let mut rows: BTreeMap<(&str, &str), RouteRow> = BTreeMap::new();
    for each in counted {
        let row = rows.entry((&each.route, &each.method)).or_insert_with(|| RouteRow {
            method: each.method.clone(),
            route: each.route.clone(),
            ..RouteRow::default()
        });
        row.add(each);
    }
    let mut rows: Vec<_> = rows.into_values().collect();
    rows.sort_by_key(|row| Reverse(row.requests));
    let left = rows.len().saturating_sub(ROUTES);
    rows.truncate(ROUTES);
    (rows, left)
}

#[derive(Template)]
#[template(path = "system.html")]
struct SystemPage {
    shell: Shell,
    /// What somebody has to know, the worst first.
    warnings: Vec<String>,
    database: Verdict,
    redis: Verdict,
    schema_version: i64,
    metrics: Metrics,
    events: Verdict,
    jobs: Vec<JobRow>,
    routes: Vec<RouteRow>,
    routes_left: usize,
    now: Timestamp,
}

impl SystemPage {
    /// How many stand in a state.
    fn count(standings: &[Standing], state: &str) -> Count {
        let found = standings.iter().find(|standing| standing.state == state);
        Count(found.map_or(0, |standing| standing.count))
    }
}

/// Shows how the application is.
pub(crate) struct GetSystem;

impl Endpoint for GetSystem {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/system";
    const SUMMARY: &'static str = "Are database, Redis, jobs, queues and the event outbox well?";
    const DOOR: Door = DOOR;
    type Access = Trusted;
    type Path = NoParams;
    type Query = NoParams;
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let state = call.ledger.read(health::state()).await?;
        let states = call.ledger.read(health::jobs()).await?;
        let metrics = call.ledger.read(metrics::read()).await?;
        let redis = redis_state().await?;
        let is_read_only = setting("database_read_only").await.map_err(Problem::internal)? == "true";
        let (database, fault) = database(&state, is_read_only);
        let outbox = &metrics.outbox;
        let events = if outbox.lag_seconds > LATE_EVENTS {
            verdict("failed", "Behind")
        } else {
            verdict("done", "Up to date")
        };
        let jobs = ScheduledJob::ALL.map(|job| {
            let known = metrics.jobs.iter().find(|known| known.name == job.name());
            let state = states.iter().find(|state| state.name == job.name());
            JobRow::new(job, known, state)
        });
        let (routes, routes_left) = routes(&metrics.requests);
        render(&SystemPage {
            shell: Shell::new("System", Section::System, &call.who).fresh(Freshness::Polls),
            warnings: warnings(fault, redis, outbox.lag_seconds, &states),
            database,
            redis: match redis {
                RedisState::Ok => verdict("done", "Answers"),
                RedisState::Down => verdict("failed", "Does not answer"),
                RedisState::Unset => verdict("queued", "Not set"),
            },
            schema_version: state.schema_version,
            events,
            jobs: jobs.into(),
            routes,
            routes_left,
            metrics,
            now: Timestamp::now(),
        })
    }
}

fn database(state: &State, is_read_only: bool) -> (Verdict, Option<String>) {
    match refusal(state, is_read_only) {
        Some(why) => (verdict("failed", "Cannot be used"), Some(why)),
        None => (verdict("done", "Answers"), None),
    }
}

/// What somebody should know of a job, as a sentence.
fn overdue(state: &JobState) -> Option<String> {
    warning(state)?;
    let JobState { name, seconds, .. } = state;
    let period = Period(ScheduledJob::named(name)?.period());
    Some(if state.has_failed {
        format!("The last run of {name} failed.")
    } else if state.has_succeeded {
        let seconds = Seconds(*seconds);
        format!("{name} has not succeeded for {seconds}, and is to run every {period}.")
    } else {
        format!("{name} has never succeeded, and is to run every {period}.")
    })
}

fn warnings(fault: Option<String>, redis: RedisState, lag: f64, jobs: &[JobState]) -> Vec<String> {
    let redis = (redis == RedisState::Down)
        .then(|| "Redis does not answer: changes are kept and reach readers within a second all the same.".to_owned());
    let events = (lag > LATE_EVENTS).then(|| {
        let lag = Seconds(lag);
        format!("Changes of {lag} ago have not been taken up by any reader or relay.")
    });
    let first = [fault, redis, events].into_iter().flatten();
    first.chain(jobs.iter().filter_map(overdue)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(route: &str, status: u16, requests: u64, buckets: &[u64]) -> Requests {
        let json = serde_json::json!({
            "method": "GET", "route": route, "status": status, "requests": requests, "seconds": 0.5 * requests as f64,
            "database_round_trips": 0, "redis_round_trips": 0, "buckets": buckets,
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn requests_are_summed_up_by_route() {
        let counted = [
            requests("/a", 200, 1, &[1]),
            requests("/b", 200, 90, &[0, 90]),
            requests("/b", 404, 6, &[0, 6]),
            requests("/b", 500, 4, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4]),
        ];
        let (rows, left) = routes(&counted);
        assert_eq!((rows.len(), left), (2, 0));
        let busiest = &rows[0];
        assert_eq!((busiest.route.as_str(), busiest.requests), ("/b", 100));
        assert_eq!((busiest.refused, busiest.failed), (6, 4));
        assert_eq!(busiest.mean(), Seconds(0.5));
        assert_eq!(busiest.usual(), Some(Seconds(BOUNDS[1])));
        assert_eq!(
            (busiest.refused(), busiest.failed()),
            (Percentage(0.06), Percentage(0.04))
        );
        let (rows, _) = routes(&counted[3..]);
        assert_eq!(rows[0].usual(), None);
    }

    #[test]
    fn a_job_is_told_by_what_matters_most() {
        let state = |seconds, has_succeeded, has_failed| JobState {
            name: "prune".to_owned(),
            seconds,
            has_succeeded,
            has_failed,
        };
        for (state, word) in [
            (state(10.0, true, false), "Well"),
            (state(10.0, true, true), "Failed"),
            (state(1e6, true, false), "Overdue"),
            (state(10.0, false, false), "Not yet run"),
        ] {
            let row = JobRow::new(ScheduledJob::Prune, None, Some(&state));
            assert_eq!(row.verdict.word, word);
        }
    }
}
