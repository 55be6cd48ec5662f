//! Numbers for operators, the line that each request has in the log, and its place in a trace.

use std::collections::BTreeMap;

use runledger_tests::{App, Behaviour, Llm, until};
use serde_json::{Value, json};

use crate::analytics::{ANALYTICS, with_models};

/// The samples of an exposition, by name and labels. Fails for a line that is not of the format.
async fn samples(app: &App) -> BTreeMap<String, f64> {
    let reply = app.anonymous.get("/api/metrics").expect(200).await;
    assert_eq!(
        reply.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    let text = String::from_utf8(reply.body.to_vec()).unwrap();
    assert!(text.ends_with('\n'));
    let mut kinds: BTreeMap<String, String> = BTreeMap::new();
    let mut samples = BTreeMap::new();
    for line in text.lines() {
        if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(kinds.insert(name.into(), kind.into()).is_none(), "twice: {line}");
        } else if !line.starts_with("# HELP ") {
            let (name, value) = line.rsplit_once(' ').unwrap();
            let metric = name.split('{').next().unwrap();
            let family = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|end| metric.strip_suffix(end));
            assert!(
                kinds.contains_key(metric) || family.is_some_and(|family| kinds[family] == "histogram"),
                "no TYPE before {line}"
            );
            let value = value.parse().unwrap_or_else(|_| panic!("{line}"));
            assert!(samples.insert(name.to_owned(), value).is_none(), "twice: {line}");
        }
    }
    samples
}

fn requests(method: &str, route: &str, status: u16) -> String {
    format!("runledger_http_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}}")
}

#[tokio::test]
async fn requests_are_counted_by_route_and_status() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let path = format!("/api/executions/{id}");
    // Who is refused is counted with the next request that the database answers.
    app.anonymous.get(&path).expect(401).await;
    for _ in 0..3 {
        app.user("ann").get(&path).expect(200).await;
    }
    app.user("bob").get(&path).expect(404).await;
    app.user("ann").get("/api/nowhere").expect(404).await;
    let route = "/api/executions/{id}";
    let counted = [(requests("GET", route, 200), 3.0), (requests("GET", route, 404), 1.0)];
    let counted = [
        counted.to_vec(),
        vec![
            (requests("GET", route, 401), 1.0),
            (requests("POST", "/api/graphs/{graph_id}/executions", 201), 1.0),
        ],
    ]
    .concat();
    // They are handed over after the responses, by the instance that has them; one without the database has them with it, and
    // is asked again sooner or later.
    let samples = until("every request is counted", async || {
        app.user("ann").get("/api/executions?limit=1").expect(200).await;
        let samples = samples(&app).await;
        counted
            .iter()
            .all(|(name, count)| samples.get(name) == Some(count))
            .then_some(samples)
    })
    .await;

    let duration = "runledger_http_request_duration_seconds";
    let of_route = |part: &str, more: &str| {
        let name = format!("{duration}_{part}{{method=\"GET\",route=\"{route}\"{more}}}");
        samples[&name]
    };
    assert!((of_route("count", "") - 5.0).abs() < f64::EPSILON);
    assert!(of_route("sum", "") > 0.0);
    let mut before = 0.0;
    for bound in [
        "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf",
    ] {
        let count = of_route("bucket", &format!(",le=\"{bound}\""));
        assert!(count >= before, "buckets add up");
        before = count;
    }
    assert!((before - 5.0).abs() < f64::EPSILON, "the last bucket holds all");
    // Five that read, the creation and the registrations each asked the database at least once; the 401 did not.
    assert!(samples["runledger_database_round_trips_total"] >= 6.0);
    assert!(samples.keys().all(|name| !name.contains(&id)), "ids are no labels");
}

#[tokio::test]
async fn what_stands_where_is_counted() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(app.create(&graph).await);
    }
    for (id, to) in [(0, "RUNNING"), (1, "RUNNING"), (1, "COMPLETED"), (2, "FAILED")] {
        let path = format!("/api/executions/{}", ids[id]);
        let change = json!({ "status": to });
        app.service.patch(&path).json(&change).expect(200).await;
    }
    let node = app.db.nodes(&ids[3]).await[0]["id"].clone();
    let queue = format!("/api/executions/{}/queue", ids[3]);
    for _ in 0..2 {
        let entry = json!({ "node_exec_id": node });
        app.service.post(&queue).json(&entry).expect(201).await;
    }
    app.service.post(&format!("{queue}/pop")).expect(200).await;
    app.service
        .post("/api/internal/jobs/refresh-views/run")
        .expect(200)
        .await;

    let samples = samples(&app).await;
    for (name, count) in [
        ("runledger_executions{status=\"INCOMPLETE\"}", 1.0),
        ("runledger_executions{status=\"QUEUED\"}", 0.0),
        ("runledger_executions{status=\"RUNNING\"}", 1.0),
        ("runledger_executions{status=\"REVIEW\"}", 0.0),
        ("runledger_executions{status=\"COMPLETED\"}", 1.0),
        ("runledger_executions{status=\"FAILED\"}", 1.0),
        ("runledger_executions{status=\"TERMINATED\"}", 0.0),
        ("runledger_queue_entries{state=\"waiting\"}", 1.0),
        ("runledger_queue_entries{state=\"leased\"}", 1.0),
        ("runledger_job_running{job=\"refresh-views\"}", 0.0),
        (
            "runledger_schema_version",
            runledger_migrations::latest_version() as f64,
        ),
    ] {
        assert_eq!(samples.get(name), Some(&count), "{name}");
    }
    assert!(samples["runledger_job_finished_timestamp_seconds{job=\"refresh-views\"}"] > 1.7e9);
    assert!(samples.contains_key("runledger_outbox_lag_seconds"));
}

#[tokio::test]
async fn changes_that_nobody_took_up_show_as_a_lag() {
    let app = App::builder().redis(None).start().await;
    let graph = app.graph("weather", "ann").await;
    app.create(&graph).await;
    let old = "UPDATE runledger.events SET recorded_at = recorded_at - interval '90 seconds'";
    app.db.execute(old, &[]).await;
    let samples = samples(&app).await;
    assert!(samples["runledger_outbox_lag_seconds"] >= 90.0);
    assert!(samples["runledger_outbox_unnumbered_events"] >= 1.0);
    assert!(!samples.contains_key("runledger_redis_up"));
}

/// The line of the request with this id, once it is written.
async fn line(app: &App, request_id: &str) -> Value {
    until("the request has its line", async || {
        let lines: Vec<Value> = app
            .host
            .log()
            .iter()
            .filter_map(|line| serde_json::from_str(line).ok())
            .filter(|line: &Value| line["request_id"] == request_id && line["message"] == "request")
            .collect();
        assert!(lines.len() < 2, "one line for one request: {lines:#?}");
        lines.into_iter().next()
    })
    .await
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test]
async fn a_request_has_one_line_in_the_log_with_its_place_in_a_trace() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let path = format!("/api/executions/{id}");
    let asked = app.user("ann").get(&path);
    let reply = asked
        .header("x-request-id", "mine-1")
        .header("traceparent", PARENT)
        .expect(200)
        .await;
    let ours = reply.header("traceparent").unwrap().to_owned();
    let parts: Vec<&str> = ours.split('-').collect();
    assert_eq!((parts[0], parts[1], parts[3]), ("00", TRACE, "01"));
    assert_ne!(parts[2], "00f067aa0ba902b7", "it has a name of its own");

    let line = line(&app, "mine-1").await;
    for (name, value) in [
        ("level", json!("INFO")),
        ("method", json!("GET")),
        ("path", json!(path)),
        ("route", json!("/api/executions/{id}")),
        ("status", json!(200)),
        ("trace_id", json!(TRACE)),
        ("span_id", json!(parts[2])),
        ("database_round_trips", json!(1)),
        ("redis_round_trips", json!(0)),
    ] {
        assert_eq!(line[name], value, "{name}");
    }
    assert!(line["duration_ms"].as_f64().is_some_and(|duration| duration > 0.0));
    assert!(line["timestamp"].as_str().is_some_and(|time| time.ends_with('Z')));

    // A trace that does not hold is replaced, on problems too.
    let reply = app
        .anonymous
        .get(&path)
        .header("traceparent", "00-zz")
        .expect(401)
        .await;
    let ours = reply.header("traceparent").unwrap();
    assert!(ours.starts_with("00-") && ours.len() == 55 && !ours.contains(TRACE));
}

#[tokio::test]
async fn the_token_of_a_share_link_is_not_in_the_log() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let share = format!("/api/graphs/{}/executions/{id}/share", graph.id);
    let token = app
        .user("ann")
        .post(&share)
        .json(&json!({}))
        .expect(200)
        .await
        .text("share_token");
    let read = app.anonymous.get(&format!("/api/public/shared/{token}"));
    read.header("x-request-id", "mine-2").expect(200).await;
    assert_eq!(line(&app, "mine-2").await["path"], "/api/public/shared/{token}");
    let refused = app.anonymous.post(&format!("/api/public/shared/{token}"));
    refused.header("x-request-id", "mine-3").expect(405).await;
    assert_eq!(line(&app, "mine-3").await["path"], "/api/public/shared/{token}");
    // Another component answers this.
    let beyond = app.anonymous.get(&format!("/api/public/shared/{token}/more"));
    beyond.header("x-request-id", "mine-4").expect(404).await;
    assert_eq!(line(&app, "mine-4").await["path"], "/api/public/shared/{token}");
    assert!(app.host.log().iter().all(|line| !line.contains(&token)));
}

#[tokio::test]
async fn a_trace_goes_on_to_the_language_model() {
    let llm = Llm::start(Behaviour::Score(0.5)).await;
    let app = with_models(&llm).start().await;
    let graph = app.graph("weather", "ann").await;
    app.create_in(&graph, "COMPLETED").await;
    let asked = app.admin.post(ANALYTICS).json(&json!({ "graph_id": graph.id }));
    asked
        .header("traceparent", PARENT)
        .header("tracestate", "vendor=1")
        .expect(200)
        .await;
    let seen = llm.seen();
    assert!(
        seen[0].head.contains(&format!("traceparent: 00-{TRACE}-")),
        "{}",
        seen[0].head
    );
    assert!(seen[0].head.contains("tracestate: vendor=1"));
}
