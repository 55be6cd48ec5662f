//! Idempotency keys: the same request happens once and is answered the same.

use futures::future::join_all;
use runledger_tests::{App, Client, Reply, Request, tokens::token};
use serde_json::{Value, json};

fn is_replayed(reply: &Reply) -> bool {
    reply.header("idempotency-replayed") == Some("true")
}

async fn executions(app: &App) -> i64 {
    app.db
        .number(r#"SELECT count(*) FROM "AgentGraphExecution""#, &[])
        .await
}

/// An executor with a name of its own.
fn executor(app: &App, name: &str) -> Client {
    app.anonymous.with_token(token(name, "service")).acting_for("ann")
}

#[tokio::test]
async fn every_write_happens_once_under_its_key_and_is_answered_the_same() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let (service, ann) = (app.service_for("ann"), app.user("ann"));
    let (id, hard) = (app.create(&graph).await, app.create(&graph).await);
    let path = format!("/api/executions/{id}");
    let block = json!({ "name": "Mine", "type": "AI" });
    let import = json!([{ "user_id": "ann", "graph_id": "weather", "graph_version": 1, "status": "FAILED" }]);
    let writes: Vec<(Request, u16)> = vec![
        (service.put("/api/blocks/mine").json(&block), 200),
        (
            service
                .put("/api/graphs/weather/versions/1")
                .json(&graph.registration()),
            200,
        ),
        (service.post(&graph.executions()).json(&graph.creation()), 201),
        (service.post("/api/executions/batch").json(&import), 201),
        (
            service.post("/api/executions/batch").ndjson(import.as_array().unwrap()),
            201,
        ),
        (service.post(&format!("{path}/start")), 200),
        (
            service
                .patch(&path)
                .json(&json!({ "status": "REVIEW", "stats": { "cost": 3 } })),
            200,
        ),
        (ann.post(&format!("{path}/stop")), 200),
        (ann.delete(&path), 204),
        (ann.post(&format!("{path}/restore")), 200),
        (ann.delete(&format!("/api/executions/{hard}?hard=true")), 204),
    ];
    let node = app.first_node(&hard).await;
    let node_path = format!("/api/node-executions/{node}");
    let queue = format!("/api/executions/{hard}/queue");
    let input = json!({ "name": "city", "data": "Ghent" });
    let nodes = json!({ "ids": [node], "status": "FAILED" });
    let kept = json!({ "node_exec_id": node, "data": null });
    let of_nodes: Vec<(Request, u16)> = vec![
        (
            service
                .post(&format!("/api/executions/{hard}/nodes/{}/inputs", graph.node("output")))
                .json(&input),
            200,
        ),
        (service.post(&format!("{node_path}/outputs")).json(&input), 204),
        (service.post(&queue).json(&json!({ "node_exec_id": node })), 201),
        (service.post(&format!("{queue}/pop")), 200),
        (
            service
                .patch(&node_path)
                .json(&json!({ "status": "RUNNING", "stats": { "mine": 1 } })),
            200,
        ),
        (service.patch("/api/node-executions").json(&nodes), 200),
        (ann.put("/api/kv/colour").json(&kept), 200),
    ];
    let writes = of_nodes.into_iter().chain(writes);
    for (number, (write, status)) in writes.enumerate() {
        let write = write.key(&format!("write-{number}"));
        let first = write.clone().expect(status).await;
        assert!(!is_replayed(&first), "{first}");
        let before = app.db.snapshot().await;
        for _ in 0..2 {
            let again = write.clone().expect(status).await;
            assert!(is_replayed(&again), "{again}");
            assert_eq!(again.body, first.body, "{write} is answered with the same bytes");
            for name in ["location", "etag", "content-type"] {
                assert_eq!(again.header(name), first.header(name), "{write}: {name}");
            }
        }
        app.db.expect_unchanged(&before, &format!("a replay of {write}")).await;
    }
}

#[tokio::test]
async fn sixteen_at_once_happen_once() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    for round in 0..4 {
        let before = executions(&app).await;
        let request = app
            .service_for("ann")
            .post(&graph.executions())
            .json(&graph.creation())
            .key(&format!("round-{round}"));
        let replies = join_all((0..16).map(|_| request.clone().expect(201))).await;
        assert_eq!(
            replies.iter().filter(|reply| !is_replayed(reply)).count(),
            1,
            "one did the work"
        );
        assert!(
            replies.iter().all(|reply| reply.body == replies[0].body),
            "all got the same answer"
        );
        assert_eq!(executions(&app).await, before + 1);
    }
}

#[tokio::test]
async fn a_replay_shows_what_was_answered_then() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let request = app
        .service_for("ann")
        .post(&graph.executions())
        .json(&graph.creation())
        .key("then");
    let first = request.clone().expect(201).await;
    app.drive(&first.text("id"), "FAILED").await;
    let again = request.expect(201).await;
    assert_eq!((again.text("status").as_str(), again.body), ("INCOMPLETE", first.body));
}

#[tokio::test]
async fn a_key_that_was_used_for_another_request_is_refused() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let other = app.graph("news", "ann").await;
    let first = app
        .service_for("ann")
        .post(&graph.executions())
        .json(&graph.creation())
        .key("used")
        .expect(201)
        .await;
    let before = app.db.snapshot().await;
    let mut body = graph.creation();
    body["inputs"] = json!({ "city": "Bruges" });
    let id = first.text("id");
    for request in [
        app.service_for("ann").post(&graph.executions()).json(&body),
        app.service_for("ann").post(&other.executions()).json(&graph.creation()),
        app.service_for("bob").post(&graph.executions()).json(&graph.creation()),
        app.service_for("ann").post(&format!("/api/executions/{id}/start")),
        app.service_for("ann")
            .patch(&format!("/api/executions/{id}"))
            .json(&json!({ "status": "RUNNING" })),
        app.service_for("ann").delete(&format!("/api/executions/{id}")),
    ] {
        let reply = request.key("used").expect(422).await;
        assert!(!is_replayed(&reply));
        reply.expect_pointers(&["/headers/idempotency-key"]);
    }
    let query = app
        .service_for("ann")
        .delete(&format!("/api/executions/{id}?hard=false"))
        .key("used-too");
    app.db.expect_unchanged(&before, "a key that was used before").await;
    query.expect(204).await;
    app.service_for("ann")
        .delete(&format!("/api/executions/{id}?hard=true"))
        .key("used-too")
        .expect(422)
        .await;
}

#[tokio::test]
async fn a_key_belongs_to_its_caller() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let mut made = Vec::new();
    for name in ["first", "second"] {
        let request = executor(&app, name)
            .post(&graph.executions())
            .json(&graph.creation())
            .key("shared");
        let reply = request.expect(201).await;
        assert!(!is_replayed(&reply));
        made.push(reply.text("id"));
    }
    assert_ne!(made[0], made[1]);
    let again = executor(&app, "first")
        .post(&graph.executions())
        .json(&graph.creation())
        .key("shared")
        .expect(201)
        .await;
    assert_eq!((is_replayed(&again), again.text("id")), (true, made[0].clone()));
}

#[tokio::test]
async fn a_failure_is_not_remembered() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let next = runledger_tests::Graph {
        version: 2,
        ..graph.clone()
    };
    let create = app
        .service_for("ann")
        .post(&graph.executions())
        .json(&next.creation())
        .key("early");
    let before = app.db.snapshot().await;
    create.clone().expect(422).await;
    app.db.expect_unchanged(&before, "a refused request with a key").await;
    app.graph_version("weather", 2, "ann").await;
    let made = create.clone().expect(201).await;
    assert!(!is_replayed(&made));
    assert!(is_replayed(&create.expect(201).await));

    let path = format!("/api/executions/{}", made.text("id"));
    let complete = app
        .service
        .patch(&path)
        .json(&json!({ "status": "COMPLETED" }))
        .key("complete");
    complete.clone().expect(409).await;
    app.service.post(&format!("{path}/start")).expect(200).await;
    assert!(!is_replayed(&complete.expect(200).await));
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let request = app
        .service_for("ann")
        .post(&graph.executions())
        .json(&graph.creation())
        .key("old");
    let first = request.clone().expect(201).await;
    let age = async |interval: &str| {
        let sql = format!("UPDATE runledger.idempotency_keys SET created_at = now() - interval '{interval}'");
        assert_eq!(app.db.execute(&sql, &[]).await, 1);
    };
    age("23 hours 59 minutes").await;
    assert!(is_replayed(&request.clone().expect(201).await));
    age("24 hours 1 minute").await;
    let second = request.clone().expect(201).await;
    assert!(!is_replayed(&second));
    assert_ne!(second.text("id"), first.text("id"));
    assert_eq!(request.expect(201).await.text("id"), second.text("id"));
}

#[tokio::test]
async fn a_key_has_1_to_255_visible_ascii_characters() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let create = || app.service_for("ann").post(&graph.executions()).json(&graph.creation());
    for bad in ["", " ", "two words", "clé", "tab\tbed", &"k".repeat(256)] {
        create()
            .key(bad)
            .expect(422)
            .await
            .expect_pointers(&["/headers/idempotency-key"]);
    }
    assert_eq!(executions(&app).await, 0);
    for good in ["k", "!\"#~", &"k".repeat(255)] {
        create().key(good).expect(201).await;
    }
}

#[tokio::test]
async fn a_wrong_role_or_no_token_does_not_reach_a_replay() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let request = |caller: &Client| caller.post(&graph.executions()).json(&graph.creation()).key("mine");
    request(&app.service_for("ann")).expect(201).await;
    request(&app.anonymous).expect(401).await;
    request(&app.anonymous.with_token(token("executor", "user")))
        .expect(403)
        .await;
    let id = app.create(&graph).await;
    let path = format!("/api/executions/{id}");
    app.user("ann").delete(&path).key("gone").expect(204).await;
    app.user("bob").delete(&path).key("gone").expect(404).await;
    let leaked: Value = app.user("bob").get("/api/executions").expect(200).await.json();
    assert_eq!(leaked["executions"], json!([]));
}
