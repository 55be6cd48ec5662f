//! Scoring jobs: in the background, followed, cancelled, shared, and taken up after a runner died.

use std::time::Duration;

use futures::{StreamExt as _, stream};
use runledger_tests::{App, Behaviour, Llm, until};
use serde_json::{Value, json};

use crate::analytics::{ANALYTICS, score, with_models};

/// Begins a job in the background; its path.
async fn begin(app: &App, body: Value) -> String {
    let request = app.admin.post(ANALYTICS).header("prefer", "respond-async").json(&body);
    let reply = request.expect(202).await;
    let path = reply.header("location").unwrap().to_owned();
    assert!(path.ends_with(&reply.text("id")));
    path
}

async fn job(app: &App, path: &str) -> Value {
    app.admin.get(path).expect(200).await.json()
}

/// The job, once it has ended.
async fn ended(app: &App, path: &str) -> Value {
    until("the job ends", async || {
        let job = job(app, path).await;
        (job["status"] != "running").then_some(job)
    })
    .await
}

/// Finished executions of a graph, made at once.
async fn finished(app: &App, graph: &str, count: i32) {
    let sql = r#"INSERT INTO "AgentGraphExecution" (id, "userId", "agentGraphId", "executionStatus", stats)
        SELECT $1 || '-' || n, 'ann', $1, 'COMPLETED', '{"cost": 1}' FROM generate_series(1, $2::int) AS n"#;
    app.db.execute(sql, &[&graph, &count]).await;
}

async fn tick(app: &App) -> Value {
    let reply = app
        .service
        .post("/api/internal/jobs/analytics-tick/run")
        .expect(200)
        .await;
    reply.json()["outcome"].clone()
}

/// Whoever has something of a job is taken for dead.
const LET_LEASES_RUN_OUT: &str = "UPDATE runledger.scoring_items SET leased_until = now() - interval '1 second'
    WHERE leased_until IS NOT NULL";
const SCORES: &str = "SELECT count(*) FROM runledger.scores";
const TWICE: &str =
    "SELECT count(*) FROM (SELECT FROM runledger.scores GROUP BY graph_exec_id HAVING count(*) > 1) AS t";

#[tokio::test]
async fn a_job_goes_on_in_the_background_and_its_results_are_paged() {
    let llm = Llm::start(Behaviour::Score(0.5)).await;
    let app = with_models(&llm).start().await;
    app.graph("weather", "ann").await;
    finished(&app, "weather", 7).await;
    let path = begin(&app, json!({ "graph_id": "weather", "batch_size": 2 })).await;
    let ended = ended(&app, &path).await;
    assert_eq!(
        (
            &ended["status"],
            &ended["total_executions"],
            &ended["successful_analytics"]
        ),
        (&json!("completed"), &json!(7), &json!(7))
    );
    assert_eq!(
        (&ended["prompt_tokens"], &ended["completion_tokens"]),
        (&json!(7000), &json!(350))
    );
    assert!(ended["finished_at"].is_string() && ended["created_by"] == "operator");

    let (mut cursor, mut seen) = (String::new(), Vec::new());
    loop {
        let query = format!("{path}/results?limit=3{cursor}");
        let page = app.admin.get(&query).expect(200).await.json();
        let results = page["results"].as_array().unwrap();
        seen.extend(
            results
                .iter()
                .map(|result| result["exec_id"].as_str().unwrap().to_owned()),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    seen.sort();
    let all: Vec<_> = (1..=7).map(|n| format!("weather-{n}")).collect();
    assert_eq!(seen, all);

    let none = begin(&app, json!({ "graph_id": "no-such-graph" })).await;
    assert_eq!(job(&app, &none).await["status"], "completed");
    let page = app
        .admin
        .get(&format!("{ANALYTICS}/jobs?limit=1"))
        .expect(200)
        .await
        .json();
    assert_eq!(page["jobs"][0]["graph_id"], "no-such-graph");
    let next = page["next_cursor"].as_str().unwrap();
    let page = app
        .admin
        .get(&format!("{ANALYTICS}/jobs?limit=1&cursor={next}"))
        .expect(200)
        .await
        .json();
    assert_eq!(
        (&page["jobs"][0]["graph_id"], &page["next_cursor"]),
        (&json!("weather"), &Value::Null)
    );
    app.admin.delete(&path).expect(409).await;
    app.admin.get(&format!("{path}0")).expect(404).await;
}

#[tokio::test]
async fn a_key_makes_one_job_of_two_requests() {
    let llm = Llm::start(Behaviour::Score(0.5)).await;
    let app = with_models(&llm).start().await;
    app.graph("weather", "ann").await;
    finished(&app, "weather", 2).await;
    let request = app
        .admin
        .post(ANALYTICS)
        .key("once")
        .json(&json!({ "graph_id": "weather" }));
    let (first, second) = (request.clone().expect(200).await, request.expect(200).await);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.json(), second.json());
    assert_eq!(llm.seen().len(), 2);
}

#[tokio::test]
async fn progress_is_streamed_and_ends_with_the_report() {
    let llm = Llm::start(Behaviour::Slow(Duration::from_millis(100), 0.5)).await;
    let app = with_models(&llm).start().await;
    app.graph("weather", "ann").await;
    finished(&app, "weather", 3).await;
    let request = app.admin.post(ANALYTICS).header("accept", "text/event-stream");
    let reply = request
        .json(&json!({ "graph_id": "weather", "batch_size": 1 }))
        .expect(200)
        .await;
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    let text = String::from_utf8(reply.body.to_vec()).unwrap();
    let events: Vec<(&str, Value)> = text
        .split("\n\n")
        .filter_map(|block| {
            let kind = block.lines().find_map(|line| line.strip_prefix("event: "))?;
            let data = block.lines().find_map(|line| line.strip_prefix("data: "))?;
            Some((kind, serde_json::from_str(data).unwrap()))
        })
        .collect();
    assert_eq!(
        events.iter().map(|event| event.0).collect::<Vec<_>>(),
        ["progress", "progress", "progress", "report"]
    );
    assert_eq!(
        (&events[1].1["done"], &events[1].1["total_executions"]),
        (&json!(2), &json!(3))
    );
    assert_eq!(events[1].1["result"], events[3].1["results"][1]);
    assert_eq!(events[3].1["successful_analytics"], 3);
}

#[tokio::test]
async fn too_many_for_a_report_are_for_the_background() {
    let llm = Llm::start(Behaviour::Hang).await;
    let app = with_models(&llm).start().await;
    app.graph("weather", "ann").await;
    finished(&app, "weather", 1001).await;
    let before = app.db.snapshot().await;
    let body = json!({ "graph_id": "weather" });
    let refused = app.admin.post(ANALYTICS).json(&body).expect(422).await;
    assert!(
        refused.json()["errors"][0]["detail"]
            .as_str()
            .unwrap()
            .contains("respond-async")
    );
    app.db.expect_unchanged(&before, "a job that was refused").await;
    let path = begin(&app, body).await;
    assert_eq!(job(&app, &path).await["total_executions"], 1001);
    // Nor by way of a key.
    let request = app
        .admin
        .post(ANALYTICS)
        .key("many")
        .json(&json!({ "graph_id": "weather" }));
    request.clone().header("prefer", "respond-async").expect(202).await;
    request.expect(422).await;
}

#[tokio::test]
async fn what_ends_its_runners_is_given_up() {
    let llm = Llm::start(Behaviour::Score(0.5)).await;
    let app = with_models(&llm).start().await;
    let graph = app.graph("weather", "ann").await;
    finished(&app, "weather", 2).await;
    for sql in [
        "CREATE FUNCTION taken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.taken := 5; RETURN NEW; END $$",
        "CREATE TRIGGER taken BEFORE INSERT ON runledger.scoring_items FOR EACH ROW WHEN (NEW.place = 1)
        EXECUTE FUNCTION taken()",
    ] {
        app.db.execute(sql, &[]).await;
    }
    let report = score(&app, &graph, json!({})).await;
    assert_eq!(
        (&report["successful_analytics"], &report["failed_analytics"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(llm.seen().len(), 1);
}

#[tokio::test]
async fn a_cancelled_job_begins_nothing_more() {
    let llm = Llm::start(Behaviour::Slow(Duration::from_secs(1), 0.5)).await;
    let app = with_models(&llm).start().await;
    app.graph("weather", "ann").await;
    finished(&app, "weather", 20).await;
    let path = begin(&app, json!({ "graph_id": "weather", "batch_size": 2 })).await;
    until("the model is asked", async || (!llm.seen().is_empty()).then_some(())).await;
    app.admin.delete(&path).expect(204).await;
    app.admin.delete(&path).expect(204).await;
    assert_eq!(job(&app, &path).await["status"], "cancelled");
    // What had begun is stored.
    let begun = until("what had begun ends", async || {
        let left = "SELECT count(*) FROM runledger.scoring_items WHERE leased_until IS NOT NULL AND outcome IS NULL";
        (app.db.number(left, &[]).await == 0).then_some(llm.seen().len())
    })
    .await;
    assert!(begun < 20);
    assert_eq!(app.db.number(SCORES, &[]).await, i64::try_from(begun).unwrap());
    assert_eq!(tick(&app).await, json!({ "running": 0 }));
}

#[tokio::test]
async fn a_runner_that_is_killed_is_followed_by_a_tick() {
    let llm = Llm::start(Behaviour::Score(0.5)).await;
    let app = with_models(&llm).start().await;
    app.graph("weather", "ann").await;
    finished(&app, "weather", 30).await;
    llm.plan(vec![Behaviour::Score(0.5); 10]);
    llm.usually(Behaviour::Hang);
    let path = begin(&app, json!({ "graph_id": "weather", "batch_size": 5 })).await;
    until("the first ten are scored", async || {
        (app.db.number(SCORES, &[]).await == 10).then_some(())
    })
    .await;
    let App { db, host, .. } = app;
    drop(host);
    // What it asked last may still be under way, and take a lease when it is done.
    let at_work = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()";
    until("what the killed one asked has ended", async || {
        (db.number(at_work, &[]).await == 0).then_some(())
    })
    .await;
    llm.usually(Behaviour::Score(0.5));
    db.execute(LET_LEASES_RUN_OUT, &[]).await;

    let app = with_models(&llm).start_on(db).await;
    assert_eq!(tick(&app).await, json!({ "running": 1 }));
    let ended = ended(&app, &path).await;
    assert_eq!(
        (&ended["status"], &ended["successful_analytics"]),
        (&json!("completed"), &json!(30))
    );
    assert_eq!(
        (app.db.number(SCORES, &[]).await, app.db.number(TWICE, &[]).await),
        (30, 0)
    );
}

#[tokio::test]
async fn an_answer_that_comes_after_its_lease_counts_once() {
    let llm = Llm::start(Behaviour::Slow(Duration::from_secs(1), 0.25)).await;
    let app = with_models(&llm).start().await;
    app.graph("weather", "ann").await;
    finished(&app, "weather", 3).await;
    let path = begin(&app, json!({ "graph_id": "weather", "batch_size": 3 })).await;
    until("the model is asked", async || (llm.seen().len() == 3).then_some(())).await;
    llm.usually(Behaviour::Slow(Duration::from_secs(1), 0.75));
    app.db.execute(LET_LEASES_RUN_OUT, &[]).await;
    tick(&app).await;
    let ended = ended(&app, &path).await;
    assert_eq!(ended["successful_analytics"], 3);
    assert_eq!(
        (app.db.number(SCORES, &[]).await, app.db.number(TWICE, &[]).await),
        (3, 0)
    );
    // All answers were paid for; the later ones come when the job has ended.
    let calls = llm.seen().len();
    assert!(calls > 3, "none comes twice");
    until("all tokens are counted", async || {
        (job(&app, &path).await["prompt_tokens"] == calls * 1000).then_some(())
    })
    .await;
    // The one who came first counts everywhere.
    let differing = r#"SELECT count(*) FROM runledger.scores s
        JOIN "AgentGraphExecution" e ON e.id = s.graph_exec_id
        JOIN runledger.scoring_items i ON i.graph_exec_id = e.id
        WHERE s.score <> (e.stats ->> 'correctness_score')::float8 OR s.score <> i.score"#;
    assert_eq!(app.db.number(differing, &[]).await, 0);
}

#[tokio::test]
async fn two_runners_share_a_job_within_its_bound() {
    let llm = Llm::start(Behaviour::Slow(Duration::from_millis(50), 1.0)).await;
    let app = with_models(&llm).start().await;
    app.graph("weather", "ann").await;
    finished(&app, "weather", 60).await;
    let path = begin(&app, json!({ "graph_id": "weather", "batch_size": 4 })).await;
    tick(&app).await;
    let ended = ended(&app, &path).await;
    assert_eq!(ended["successful_analytics"], 60);
    assert_eq!(llm.seen().len(), 60);
    assert!(llm.most_in_flight() <= 4, "{}", llm.most_in_flight());
    assert_eq!(
        (app.db.number(SCORES, &[]).await, app.db.number(TWICE, &[]).await),
        (60, 0)
    );
}

#[tokio::test]
async fn what_was_deleted_meanwhile_is_not_scored() {
    let llm = Llm::start(Behaviour::Slow(Duration::from_secs(4), 1.0)).await;
    let app = with_models(&llm).start().await;
    let graph = app.graph("weather", "ann").await;
    finished(&app, "weather", 2).await;
    let deleting = async {
        until("the model is asked", async || (llm.seen().len() == 1).then_some(())).await;
        // One is with the model, and one waits.
        for (id, query) in [("weather-1", ""), ("weather-2", "?hard=true")] {
            app.service
                .delete(&format!("/api/executions/{id}{query}"))
                .expect(204)
                .await;
        }
    };
    let (report, ()) = tokio::join!(score(&app, &graph, json!({ "batch_size": 1 })), deleting);
    assert_eq!(report["failed_analytics"], 2, "{report}");
    // What went wrong may say what was in it.
    app.db
        .execute("UPDATE runledger.scoring_items SET error = 'the secret of ann'", &[])
        .await;
    let sql = "SELECT id FROM runledger.scoring_jobs";
    let path = format!(
        "{ANALYTICS}/jobs/{}/results",
        app.db.row(sql, &[]).await["id"].as_str().unwrap()
    );
    let results = app.admin.get(&path).expect(200).await.json();
    for result in results["results"].as_array().unwrap() {
        assert_eq!(result["error_message"], "the execution was deleted", "{results}");
    }
    let said = "SELECT count(*) FROM runledger.scoring_items WHERE summary IS NOT NULL";
    assert_eq!(app.db.number(said, &[]).await, 0);
    assert_eq!(app.db.number(SCORES, &[]).await, 0);
}

#[tokio::test]
async fn what_is_removed_while_it_is_scored_is_gone_and_the_job_ends() {
    let llm = Llm::start(Behaviour::Slow(Duration::from_millis(20), 0.5)).await;
    let app = with_models(&llm).start().await;
    app.graph("weather", "ann").await;
    let count = 120;
    finished(&app, "weather", count).await;
    let path = begin(&app, json!({ "graph_id": "weather", "batch_size": 25 })).await;
    // Four at once, in another order than the job's: some before, some while and some after they are scored.
    let removals = stream::iter(1..=count).map(|n| {
        let id = format!("weather-{}", (n * 37) % count + 1);
        app.service
            .delete(&format!("/api/executions/{id}?hard=true"))
            .expect(204)
    });
    removals.buffer_unordered(4).collect::<Vec<_>>().await;
    let ended = ended(&app, &path).await;
    assert_eq!(ended["status"], "completed", "{ended}");
    assert_eq!(ended["processed_executions"], count, "{ended}");
    for left in [
        r#"SELECT count(*) FROM "AgentGraphExecution""#,
        SCORES,
        "SELECT count(*) FROM runledger.scoring_items WHERE summary IS NOT NULL OR score IS NOT NULL",
    ] {
        assert_eq!(app.db.number(left, &[]).await, 0, "{left}");
    }
    let log = app.host.log().join("\n");
    assert!(!log.contains("deadlock"), "{log}");
}

/// A job that a key remembers and that nobody works at: a runner of it has ended, and there is no schedule. `sql` is what
/// keeps a further runner from it.
async fn left_alone(app: &App, sql: &str) {
    app.graph("weather", "ann").await;
    finished(app, "weather", 2).await;
    let body = json!({ "graph_id": "weather" });
    app.admin.post(ANALYTICS).key("left").json(&body).expect(200).await;
    for sql in [
        "UPDATE runledger.scoring_items SET outcome = NULL, done = NULL, lease = NULL",
        "UPDATE runledger.scoring_jobs SET status = 'running', finished_at = NULL, succeeded = 0",
        sql,
    ] {
        app.db.execute(sql, &[]).await;
    }
}

#[tokio::test]
async fn who_waits_for_a_job_that_nobody_works_at_is_told_so() {
    let llm = Llm::start(Behaviour::Score(0.5)).await;
    let app = with_models(&llm).start().await;
    left_alone(&app, "UPDATE runledger.scoring_jobs SET provider = 'nobody'").await;
    let request = app
        .admin
        .post(ANALYTICS)
        .key("left")
        .json(&json!({ "graph_id": "weather" }));
    let problem = request.clone().expect(200).await.json();
    assert_eq!(
        (&problem["type"], &problem["status"]),
        (&json!("/problems/not-ready"), &json!(503)),
        "{problem}"
    );
    let streamed = request.header("accept", "text/event-stream").expect(200).await;
    let text = String::from_utf8(streamed.body.to_vec()).unwrap();
    assert!(
        text.contains("event: problem\ndata: {\"type\":\"/problems/not-ready\""),
        "{text}"
    );
}

#[tokio::test]
async fn who_waits_for_a_job_whose_runners_died_gets_its_report() {
    let llm = Llm::start(Behaviour::Score(0.5)).await;
    let app = with_models(&llm).start().await;
    // Somebody died a moment ago with what is leased for another one.
    let leased = "UPDATE runledger.scoring_items SET lease = 'dead', leased_until = now() + interval '2 s'";
    left_alone(&app, leased).await;
    let request = app
        .admin
        .post(ANALYTICS)
        .key("left")
        .json(&json!({ "graph_id": "weather", }));
    let report = request.expect(200).await.json();
    assert_eq!(report["skipped_executions"], 2, "{report}");
}
