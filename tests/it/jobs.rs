//! Scheduled jobs: what each does, that two at once do it once, and what becomes of a run that dies.

use std::sync::{Arc, Mutex};

use runledger_tests::{App, Graph, Host, Request, is_spin, until};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_postgres::Client;

fn job(app: &App, name: &str) -> Request {
    app.service.post(&format!("/api/internal/jobs/{name}/run"))
}

async fn run(app: &App, name: &str) -> Value {
    let reply = job(app, name).expect(200).await.json();
    assert_eq!((&reply["job"], &reply["ran"]), (&json!(name), &json!(true)));
    reply["outcome"].clone()
}

/// Executions of a user whose accuracy on each of the last days is `scores`, today's first; two a day.
async fn score(app: &App, graph: &Graph, user: &str, scores: &[f64]) {
    app.db
        .execute(r#"DELETE FROM "AgentGraphExecution" WHERE "userId" = $1"#, &[&user])
        .await;
    app.db
        .execute(
            r#"INSERT INTO "AgentGraphExecution" (id, "userId", "agentGraphId", "createdAt", "executionStatus", stats)
               SELECT gen_random_uuid()::text, $1, $2, (now() AT TIME ZONE 'UTC')::date - (day - 1)::int, 'COMPLETED',
                   jsonb_build_object('correctness_score', score)
               FROM unnest($3::float8[]) WITH ORDINALITY AS scores (score, day), generate_series(1, 2)"#,
            &[&user, &graph.id, &scores],
        )
        .await;
}

const FALLEN: [f64; 7] = [0.5, 0.5, 0.5, 0.9, 0.9, 0.9, 0.9];
const STEADY: [f64; 7] = [0.9; 7];

/// A webhook that answers with `status` and keeps what it was sent.
async fn webhook(status: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let received = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&received);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            let mut part = [0; 4096];
            // Head and body come within one or two reads; the body ends with a brace.
            while !request.ends_with(b"}") {
                match stream.read(&mut part).await {
                    Ok(0) | Err(_) => break,
                    Ok(count) => request.extend_from_slice(&part[..count]),
                }
            }
            kept.lock()
                .unwrap()
                .push(String::from_utf8_lossy(&request).into_owned());
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (url, received)
}

async fn app_with_webhook(url: &str) -> App {
    App::builder()
        .variable("alert_webhook_url", &format!("{url}/hook"))
        .variable("alert_webhook_host", url)
        .start()
        .await
}

#[tokio::test]
async fn unknown_jobs_are_not_found() {
    let app = App::start().await;
    job(&app, "none").expect(404).await;
}

#[tokio::test]
async fn views_are_refreshed() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    app.create(&graph).await;
    let count = "SELECT coalesce(sum(run_count), 0)::bigint FROM mv_agent_run_counts";
    assert_eq!(app.db.number(count, &[]).await, 0);
    run(&app, "refresh-views").await;
    assert_eq!(app.db.number(count, &[]).await, 1);
}

#[tokio::test]
async fn a_graph_has_one_open_alert_until_it_recovers() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    score(&app, &graph, "ann", &FALLEN).await;
    score(&app, &graph, "bob", &STEADY).await;
    assert_eq!(
        run(&app, "accuracy-scan").await,
        json!({ "scanned": 2, "opened": 1, "recovered": 0, "posted": false })
    );
    // The same fall again is the same alert.
    assert_eq!(run(&app, "accuracy-scan").await["opened"], 0);
    let list = |app: App| async move {
        (
            app.admin.get("/api/admin/accuracy-alerts").expect(200).await.json(),
            app,
        )
    };
    let (alerts, app) = list(app).await;
    assert_eq!(alerts.as_array().unwrap().len(), 1);
    assert_eq!(
        (&alerts[0]["graph_id"], &alerts[0]["user_id"]),
        (&json!("weather"), &json!("ann"))
    );
    assert_eq!(
        (&alerts[0]["state"], &alerts[0]["recovered_at"]),
        (&json!("open"), &Value::Null)
    );

    score(&app, &graph, "ann", &STEADY).await;
    assert_eq!(run(&app, "accuracy-scan").await["recovered"], 1);
    score(&app, &graph, "ann", &FALLEN).await;
    assert_eq!(run(&app, "accuracy-scan").await["opened"], 1);
    let (alerts, _app) = list(app).await;
    let states: Vec<_> = alerts.as_array().unwrap().iter().map(|alert| &alert["state"]).collect();
    assert_eq!(states, ["open", "recovered"]);
}

#[tokio::test]
async fn an_alert_is_posted_once() {
    let (url, received) = webhook("200 OK").await;
    let app = app_with_webhook(&url).await;
    score(&app, &app.graph("weather", "ann").await, "ann", &FALLEN).await;
    assert_eq!(run(&app, "accuracy-scan").await["posted"], true);
    assert_eq!(run(&app, "accuracy-scan").await["posted"], false);
    let received = received.lock().unwrap();
    assert_eq!(received.len(), 1);
    let body: Value = serde_json::from_str(received[0].split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert!(
        body["text"].as_str().unwrap().contains("graph weather of user ann"),
        "{body}"
    );
}

#[tokio::test]
async fn every_alert_that_counts_as_told_stands_in_a_message() {
    let (url, received) = webhook("200 OK").await;
    let app = app_with_webhook(&url).await;
    // Ids as long as they may be: a message takes a few of them.
    let sql = "INSERT INTO runledger.accuracy_alerts (graph_id, user_id, drop_percent, three_day_avg, seven_day_avg)
        SELECT 'falling-' || n || '-' || repeat('x', 100), 'ann', 50, 40, 80 FROM generate_series(1, 120) AS n";
    app.db.execute(sql, &[]).await;
    assert_eq!(run(&app, "accuracy-scan").await["posted"], true);
    let told = "SELECT count(*) FROM runledger.accuracy_alerts WHERE notified_at IS NOT NULL";
    assert_eq!(app.db.number(told, &[]).await, 120);
    let received = received.lock().unwrap();
    let messages = received.join("\n");
    for number in 1..=120 {
        assert_eq!(messages.matches(&format!("falling-{number}-")).count(), 1, "{number}");
    }
    for message in received.iter() {
        let body: Value = serde_json::from_str(message.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        assert!(
            body["text"].as_str().unwrap().chars().count() <= 2_000,
            "Discord takes no more"
        );
    }
}

#[tokio::test]
async fn a_job_that_fails_says_so_in_the_log_in_metrics_and_in_the_readiness() {
    let app = App::start().await;
    let metric = async |name: &str| {
        let text = app.anonymous.get("/api/metrics").expect(200).await;
        let text = String::from_utf8(text.body.to_vec()).unwrap();
        let sample = format!("{name}{{job=\"refresh-views\"}} ");
        text.lines()
            .find_map(|line| line.strip_prefix(&sample)?.parse::<f64>().ok())
    };
    run(&app, "refresh-views").await;
    assert_eq!(metric("runledger_job_failures_total").await, Some(0.0));
    let succeeded = metric("runledger_job_last_success_timestamp_seconds").await.unwrap();

    let rename = "ALTER FUNCTION refresh_store_materialized_views() RENAME TO away";
    app.db.execute(rename, &[]).await;
    job(&app, "refresh-views").expect(503).await;
    assert_eq!(metric("runledger_job_failures_total").await, Some(1.0));
    assert_eq!(
        metric("runledger_job_last_success_timestamp_seconds").await,
        Some(succeeded)
    );
    let warnings = async || {
        let ready = app.anonymous.get("/api/health/ready").expect(200).await.json();
        let warnings = ready["warnings"].as_array().unwrap().clone();
        warnings
            .into_iter()
            .filter(|text| text.as_str().unwrap().contains("refresh-views"))
            .collect::<Vec<_>>()
    };
    assert_eq!(warnings().await, ["the last run of the job refresh-views failed"]);
    let told = |line: &String| line.contains("\"ERROR\"") && line.contains("the job refresh-views failed");
    until("the log says so", async || {
        app.host.log().iter().any(told).then_some(())
    })
    .await;

    app.db
        .execute("ALTER FUNCTION away() RENAME TO refresh_store_materialized_views", &[])
        .await;
    run(&app, "refresh-views").await;
    assert!(warnings().await.is_empty());
    // For three of its periods nothing: the application is ready all the same.
    let late = "UPDATE runledger.jobs SET succeeded_at = now() - interval '46 minutes' WHERE name = 'refresh-views'";
    app.db.execute(late, &[]).await;
    let told = warnings().await;
    assert!(
        told[0].as_str().unwrap().contains("has not succeeded for 27"),
        "{told:?}"
    );
    // A run that died is one that failed.
    let died =
        "UPDATE runledger.jobs SET lease = 'x', lease_until = now() - interval '1 s' WHERE name = 'refresh-views'";
    app.db.execute(died, &[]).await;
    run(&app, "refresh-views").await;
    assert_eq!(metric("runledger_job_failures_total").await, Some(2.0));
}

#[tokio::test]
async fn a_webhook_that_fails_does_not_fail_the_scan_and_is_tried_again() {
    let (url, received) = webhook("503 Service Unavailable").await;
    let app = app_with_webhook(&url).await;
    score(&app, &app.graph("weather", "ann").await, "ann", &FALLEN).await;
    for tries in [3, 6] {
        assert_eq!(run(&app, "accuracy-scan").await["posted"], false);
        assert_eq!(received.lock().unwrap().len(), tries);
    }
    let alerts = app.admin.get("/api/admin/accuracy-alerts").expect(200).await.json();
    assert_eq!(
        (&alerts[0]["state"], &alerts[0]["notified_at"]),
        (&json!("open"), &Value::Null)
    );
}

/// Whoever refreshes the views first holds them until its transaction ends.
async fn hold_views(app: &App) -> Client {
    let blocker = app.db.transaction().await;
    let refresh = "SELECT refresh_store_materialized_views()";
    blocker.batch_execute(refresh).await.unwrap();
    blocker
}

#[tokio::test]
async fn a_job_that_runs_twice_at_once_does_its_work_once() {
    let app = App::start().await;
    let blocker = hold_views(&app).await;
    let first = tokio::spawn({
        let request = job(&app, "refresh-views");
        async move { request.expect(200).await.json() }
    });
    until("the first run holds the lease", || async {
        let held = "SELECT count(*) FROM runledger.jobs WHERE lease IS NOT NULL";
        (app.db.number(held, &[]).await == 1).then_some(())
    })
    .await;
    let second = job(&app, "refresh-views").expect(200).await.json();
    assert_eq!(second, json!({ "job": "refresh-views", "ran": false, "outcome": null }));
    blocker.batch_execute("COMMIT").await.unwrap();
    assert_eq!(first.await.unwrap()["ran"], true);
    run(&app, "refresh-views").await;
}

#[tokio::test]
async fn a_run_that_takes_long_keeps_its_lease() {
    let app = App::start().await;
    let blocker = hold_views(&app).await;
    let run = tokio::spawn(job(&app, "refresh-views").expect(200));
    // It is taken for a minute, so that a run that died does not stand in the way for long.
    for (what, sql) in [
        (
            "the run holds the lease",
            "SELECT count(*) FROM runledger.jobs WHERE lease_until <= started_at + interval '1 minute'",
        ),
        (
            "the lease is renewed",
            "SELECT count(*) FROM runledger.jobs WHERE lease_until > started_at + interval '70 seconds'",
        ),
    ] {
        until(what, || async { (app.db.number(sql, &[]).await == 1).then_some(()) }).await;
    }
    blocker.batch_execute("COMMIT").await.unwrap();
    assert_eq!(run.await.unwrap().json()["ran"], true);
}

#[tokio::test]
async fn a_run_that_died_is_taken_up_by_the_next() {
    let app = App::start().await;
    let died = "INSERT INTO runledger.jobs (name, lease, lease_until, started_at)
        VALUES ('prune', 'somebody', now() + interval '1 minute', now())";
    app.db.execute(died, &[]).await;
    assert_eq!(job(&app, "prune").expect(200).await.json()["ran"], false);
    app.db
        .execute(
            "UPDATE runledger.jobs SET lease_until = now() - interval '1 second'",
            &[],
        )
        .await;
    run(&app, "prune").await;
}

#[tokio::test]
async fn old_idempotency_keys_are_forgotten() {
    let app = App::start().await;
    let keys = "INSERT INTO runledger.idempotency_keys (caller, key, fingerprint, outcome, created_at)
        SELECT 'service:x', n::text, '', '{}', now() - n * interval '10 hours' FROM generate_series(1, 5) AS n";
    app.db.execute(keys, &[]).await;
    let outcome = run(&app, "prune").await;
    assert_eq!(outcome["idempotency_keys"], 3);
    assert_eq!(
        app.db
            .number("SELECT count(*) FROM runledger.idempotency_keys", &[])
            .await,
        2
    );
}

#[tokio::test]
async fn events_are_kept_for_a_week() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    app.create(&graph).await;
    // Numbered by whoever reads them first.
    app.user("ann")
        .get("/api/events?after=0")
        .header("accept", "text/event-stream")
        .open()
        .await;
    let events = "SELECT count(*) FROM runledger.events";
    until("events are numbered", || async {
        let unnumbered = "SELECT count(*) FROM runledger.events WHERE seq IS NULL";
        (app.db.number(unnumbered, &[]).await == 0).then_some(())
    })
    .await;
    assert_eq!(run(&app, "prune").await["events"], 0);
    let kept = app.db.number(events, &[]).await;
    app.db
        .execute(
            "UPDATE runledger.events SET recorded_at = recorded_at - interval '8 days'",
            &[],
        )
        .await;
    assert_eq!(run(&app, "prune").await["events"], kept);
    assert_eq!(app.db.number(events, &[]).await, 0);
}

#[tokio::test]
async fn failing_blocks_and_late_executions_are_reported() {
    let (url, received) = webhook("200 OK").await;
    let app = app_with_webhook(&url).await;
    let graph = app.graph("weather", "ann").await;
    let node = graph.node("work");
    for number in 0..10 {
        let id = app.create(&graph).await;
        let sql = r#"UPDATE "AgentNodeExecution" SET "executionStatus" = $3::text::"AgentExecutionStatus"
                     WHERE "agentGraphExecutionId" = $1 AND "agentNodeId" = $2"#;
        let status = if number < 5 { "FAILED" } else { "COMPLETED" };
        app.db.execute(sql, &[&id, &node, &status]).await;
    }
    let outcome = run(&app, "block-errors").await;
    assert_eq!(
        (&outcome["blocks"][0]["block_id"], &outcome["posted"]),
        (&json!("block-work"), &json!(true))
    );

    assert_eq!(
        run(&app, "late-executions").await,
        json!({ "late": 0, "posted": false })
    );
    let id = app.create_in(&graph, "QUEUED").await;
    let sql = r#"UPDATE "AgentGraphExecution" SET "updatedAt" = "updatedAt" - interval '6 minutes' WHERE id = $1"#;
    app.db.execute(sql, &[&id]).await;
    assert_eq!(run(&app, "late-executions").await, json!({ "late": 1, "posted": true }));
    assert!(received.lock().unwrap()[1].contains(&id));
}

#[tokio::test]
async fn the_local_host_keeps_a_schedule() {
    // Spin has a plug-in for it, which a test cannot count on.
    if is_spin() {
        return;
    }
    let manifest = std::env::temp_dir().join(format!("runledger-cron-{}.toml", std::process::id()));
    let schedule = "[[trigger.cron]]\ncomponent = \"tick\"\ncron_expression = \"* * * * * *\"\n\
                    [component.tick.variables]\njob = \"prune\"\n";
    std::fs::write(&manifest, schedule).unwrap();
    // Its tokens are for whom the application takes them to be.
    for audience in ["", "the-ledger"] {
        let app = App::builder()
            .variable("jwt_audience", audience)
            .argument("--cron")
            .argument(manifest.to_str().unwrap())
            .start()
            .await;
        until("the job has run by itself", || async {
            let runs = "SELECT count(*) FROM runledger.jobs WHERE name = 'prune' AND finished_at IS NOT NULL";
            (app.db.number(runs, &[]).await == 1).then_some(())
        })
        .await;
    }
    std::fs::remove_file(&manifest).unwrap();
}

#[tokio::test]
async fn the_cron_components_do_their_jobs_as_spins_trigger_calls_them() {
    if is_spin() {
        // Its plug-in cannot be counted on, and the local host is not built then.
        return;
    }
    let app = App::start().await;
    let variables = |url: &str, host: &str| {
        let secret = ("jwt_secret", runledger_tests::tokens::SECRET);
        let all = [("database_url", url), ("database_host", host), secret];
        all.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let sound = variables(app.db.url(), &app.db.host());
    let triggered = tokio::task::spawn_blocking(move || Host::trigger_cron(&sound));
    let (worked, log) = triggered.await.unwrap();
    assert!(worked, "{log}");
    for job in [
        "refresh-views",
        "accuracy-scan",
        "block-errors",
        "late-executions",
        "analytics-tick",
        "prune",
    ] {
        let runs = "SELECT count(*) FROM runledger.jobs WHERE name = $1 AND finished_at IS NOT NULL";
        assert_eq!(app.db.number(runs, &[&job]).await, 1, "{job} did not run: {log}");
    }

    // Nobody listens there: the export's error reaches the trigger, and each component's failure is its own.
    let broken = variables("postgres://u:hunter2@127.0.0.1:1/d", "127.0.0.1:1");
    let triggered = tokio::task::spawn_blocking(move || Host::trigger_cron(&broken));
    let (worked, log) = triggered.await.unwrap();
    assert!(
        !worked && log.contains("not all did their work") && !log.contains("hunter2"),
        "{log}"
    );
    for component in ["refresh-views", "prune"] {
        let failed = |line: &str| line.contains("a scheduled component failed") && line.contains(component);
        assert!(log.lines().any(failed), "{component}: {log}");
    }
}
