//! `GET /api/metrics`.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use runledger_store::metrics::{self, BOUNDS, Job, Metrics, Requests, Standing};
use runledger_web::{
    Call, Endpoint, NoParams, Problem, Public, Reply,
    health::{RedisState, redis_state},
};

use crate::{exposition::Exposition, text::MetricsText};

/// Shows numbers for operators.
pub(crate) struct GetMetrics;

impl Endpoint for GetMetrics {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/metrics";
    const SUMMARY: &'static str = "Numbers for operators, in Prometheus' text format";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::SERVICE_UNAVAILABLE];
    type Access = Public;
    type Path = NoParams;
    type Query = NoParams;
    type Body = ();
    type Reply = MetricsText;

    async fn handle(call: Call<Self>) -> Result<Reply<MetricsText>, Problem> {
        let metrics = call.ledger.read(metrics::read()).await?;
        let redis = redis_state().await?;
        Ok(Reply::new(MetricsText(exposition(&metrics, redis).into_text())))
    }
}

fn exposition(metrics: &Metrics, redis: RedisState) -> Exposition {
    let mut out = Exposition::default();
    out.metric("runledger_build_info", "gauge", "The version that runs; always 1.");
    out.sample("runledger_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    out.single(
        "runledger_schema_version",
        "gauge",
        "The number of the newest migration.",
        metrics.schema_version,
    );
    if !matches!(redis, RedisState::Unset) {
        out.single(
            "runledger_redis_up",
            "gauge",
            "Whether Redis answers.",
            u8::from(matches!(redis, RedisState::Ok)),
        );
    }
    requests(&mut out, &metrics.requests);
    states(
        &mut out,
        "runledger_executions",
        "Executions that were created in the last 30 days, by status.",
        "status",
        &metrics.executions,
    );
    out.single(
        "runledger_outbox_lag_seconds",
        "gauge",
        "How old the oldest change is that no reader and no relay has taken up.",
        metrics.outbox.lag_seconds,
    );
    out.single(
        "runledger_outbox_unnumbered_events",
        "gauge",
        "Changes that no reader and no relay has taken up; no more than 100000 are counted.",
        metrics.outbox.unnumbered,
    );
    out.single(
        "runledger_outbox_unpublished_events",
        "gauge",
        "Changes that were taken up and not yet published on Redis; without Redis, all of them.",
        metrics.outbox.unpublished,
    );
    states(
        &mut out,
        "runledger_queue_entries",
        "Entries of the executions' queues.",
        "state",
        &metrics.queue,
    );
    jobs(&mut out, &metrics.jobs);
    states(
        &mut out,
        "runledger_scoring_jobs",
        "Scoring jobs, by status.",
        "status",
        &metrics.scoring_jobs,
    );
    out.single(
        "runledger_scoring_waiting_executions",
        "gauge",
        "Executions that wait to be scored.",
        metrics.scoring_waiting,
    );
    out.single(
        "runledger_credit_holds",
        "gauge",
        "Holds on credits that have not ended.",
        metrics.credit_holds,
    );
    out
}

fn states(out: &mut Exposition, name: &str, help: &str, label: &str, standings: &[Standing]) {
    out.metric(name, "gauge", help);
    for Standing { state, count } in standings {
        out.sample(name, &[(label, state)], count);
    }
}

fn jobs(out: &mut Exposition, jobs: &[Job]) {
    out.metric("runledger_job_running", "gauge", "Whether a scheduled job is at work.");
    for job in jobs {
        out.sample("runledger_job_running", &[("job", &job.name)], u8::from(job.running));
    }
    for (name, help, time) in [
        (
            "runledger_job_started_timestamp_seconds",
            "When a scheduled job last began.",
            (|job| job.started_at) as fn(&Job) -> Option<f64>,
        ),
        (
            "runledger_job_finished_timestamp_seconds",
            "When a scheduled job last came to its end.",
            |job| job.finished_at,
        ),
        (
            "runledger_job_last_success_timestamp_seconds",
            "When a scheduled job last came to its end without a failure.",
            |job| job.succeeded_at,
        ),
    ] {
        out.metric(name, "gauge", help);
        for job in jobs {
            if let Some(time) = time(job) {
                out.sample(name, &[("job", &job.name)], time);
            }
        }
    }
    let name = "runledger_job_failures_total";
    out.metric(name, "counter", "Runs of a scheduled job that failed or died.");
    for job in jobs {
        out.sample(name, &[("job", &job.name)], job.failures);
    }
}

/// What was counted of requests with one method and route, whatever their status.
#[derive(Default)]
struct Durations {
    seconds: f64,
    buckets: [u64; BOUNDS.len() + 1],
}

fn requests(out: &mut Exposition, counted: &[Requests]) {
    let name = "runledger_http_requests_total";
    out.metric(
        name,
        "counter",
        "Requests by method, route (empty where there is none) and status.",
    );
    let mut durations: BTreeMap<(&str, &str), Durations> = BTreeMap::new();
    let (mut database, mut redis) = (0, 0);
    for row in counted {
        let labels = [
            ("method", &*row.method),
            ("route", &*row.route),
            ("status", &*row.status.to_string()),
        ];
        out.sample(name, &labels, row.requests);
        let sums = durations.entry((&row.route, &row.method)).or_default();
        sums.seconds += row.seconds;
        for (sum, count) in sums.buckets.iter_mut().zip(&row.buckets) {
            *sum += count;
        }
        database += row.database_round_trips;
        redis += row.redis_round_trips;
    }

    let name = "runledger_http_request_duration_seconds";
    out.metric(
        name,
        "histogram",
        "How long requests took, from their arrival in a function to its response.",
    );
    for ((route, method), Durations { seconds, buckets }) in &durations {
        let mut sum = 0;
        let bounds = BOUNDS.iter().map(ToString::to_string).chain(["+Inf".to_owned()]);
        for (bound, count) in bounds.zip(buckets) {
            sum += count;
            let labels = [("method", *method), ("route", *route), ("le", &*bound)];
            out.sample(&format!("{name}_bucket"), &labels, sum);
        }
        let labels = [("method", *method), ("route", *route)];
        out.sample(&format!("{name}_sum"), &labels, seconds);
        out.sample(&format!("{name}_count"), &labels, sum);
    }
    out.single(
        "runledger_database_round_trips_total",
        "counter",
        "How often functions asked Postgres to answer requests and to publish changes; what streams ask while they go on is not counted.",
        database,
    );
    out.single(
        "runledger_redis_round_trips_total",
        "counter",
        "How often functions asked Redis to answer requests and to publish changes; what streams ask while they go on is not counted.",
        redis,
    );
}
