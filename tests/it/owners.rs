//! What is kept of a run is bound to it and to its owner: an id that comes again is another run, and a run that becomes
//! another's is told nobody else.

use std::time::Duration;

use runledger_tests::{App, Behaviour, Event, EventStream, Graph, Llm, until};
use serde_json::{Value, json};

use crate::analytics::{ANALYTICS, score, with_models};

/// When a run of these tests was made, each time that one is.
const MADE: &str = "2026-01-01T00:00:00.000Z";
const LATER: &str = "2026-01-02T00:00:00.000Z";

/// Imports a run with a node run for a user, whose data have `secret` in them.
async fn import(app: &App, graph: &Graph, id: &str, user: &str, secret: &str) {
    import_made(app, graph, id, user, secret, MADE).await;
}

/// The same at another time.
async fn import_made(app: &App, graph: &Graph, id: &str, user: &str, secret: &str, made: &str) {
    let item = json!({
        "id": id, "user_id": user, "graph_id": graph.id, "graph_version": 1, "status": "COMPLETED", "created_at": made,
        "inputs": { "city": secret }, "stats": { "cost": 1, "error": secret },
        "node_executions": [{
            "node_id": graph.node("output"), "status": "COMPLETED", "add_time": made,
            "input_data": { "name": "answer", "value": secret }, "output_data": { "output": [secret] },
        }],
    });
    let body = json!([item]);
    app.service.post("/api/executions/batch").json(&body).expect(201).await;
}

async fn remove(app: &App, id: &str, user: &str) {
    let path = format!("/api/executions/{id}?hard=true");
    app.user(user).delete(&path).expect(204).await;
}

async fn give_to(app: &App, id: &str, user: &str) {
    let sql = r#"UPDATE "AgentGraphExecution" SET "userId" = $2 WHERE id = $1"#;
    app.db.execute(sql, &[&id, &user]).await;
}

/// What a stream tells from the beginning on, up to the creation of a run that is made now.
async fn replay(app: &App, graph: &Graph, user: &str) -> Vec<Event> {
    let mark = app.create_for(graph, user).await;
    let mut stream: EventStream = app.user(user).get("/api/events?after=0").open().await;
    let mut events = Vec::new();
    loop {
        let event = stream.next().await;
        if event.payload["id"] == mark.as_str() {
            return events;
        }
        events.push(event);
    }
}

fn text(events: &[Event]) -> String {
    let payloads: Vec<Value> = events.iter().map(|event| event.payload.clone()).collect();
    Value::from(payloads).to_string()
}

#[tokio::test]
async fn a_replay_tells_nothing_of_a_later_run_under_the_same_id() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    // To another user, and to the same one: the run of then is not the run of now.
    for (id, next) in [("x1", "bob"), ("x2", "ann")] {
        import(&app, &graph, id, "ann", "first-secret").await;
        remove(&app, id, "ann").await;
        import(&app, &graph, id, next, "second-secret").await;
        // As it would be if only the row of the run came again: the node run too.
        let node = app.first_node(id).await;
        let path = format!("/api/events?after=0&graph_exec_id={id}");
        let mut stream = app.user("ann").get(&path).open().await;
        let removed = stream.find(|event| event.payload["id"] == id).await;
        assert_eq!(
            (
                &removed.payload["is_deleted"],
                &removed.payload["inputs"],
                &removed.payload["outputs"]
            ),
            (&json!(true), &json!({}), &json!({}))
        );
        assert_eq!(
            (&removed.payload["stats"], &removed.payload["share_token"]),
            (&json!(null), &json!(null))
        );
        if next == "bob" {
            let told = text(&replay(&app, &graph, "ann").await);
            assert!(!told.contains("secret") && !told.contains(&node), "{told}");
        }
        assert!(text(&replay(&app, &graph, next).await).contains("second-secret"));
    }
}

#[tokio::test]
async fn a_replay_tells_the_former_owner_nothing_of_a_run_that_became_anothers() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    import(&app, &graph, "x1", "ann", "secret-of-ann").await;
    give_to(&app, "x1", "bob").await;
    let sql = r#"UPDATE "AgentGraphExecution" SET inputs = '{"city": "secret-of-bob"}' WHERE id = 'x1'"#;
    app.db.execute(sql, &[]).await;
    let sql = r#"UPDATE "AgentNodeExecutionInputOutput" SET data = '"secret-of-bob"'"#;
    app.db.execute(sql, &[]).await;

    let of_ann = replay(&app, &graph, "ann").await;
    let told = text(&of_ann);
    assert!(!told.contains("secret-of-bob"), "{told}");
    let last = &of_ann.last().unwrap().payload;
    assert_eq!(
        (&last["id"], &last["is_deleted"]),
        (&json!("x1"), &json!(true)),
        "{told}"
    );
    let of_bob = text(&replay(&app, &graph, "bob").await);
    assert!(of_bob.contains("secret-of-bob"), "{of_bob}");
}

#[tokio::test]
async fn a_node_run_under_the_id_of_another_is_another() {
    let app = App::start().await;
    let (graph, other) = (app.graph("weather", "ann").await, app.graph("news", "bob").await);
    import(&app, &graph, "x1", "ann", "first").await;
    let node = app.first_node("x1").await;
    app.db
        .execute(r#"DELETE FROM "AgentNodeExecution" WHERE id = $1"#, &[&node])
        .await;
    import(&app, &other, "y1", "bob", "other").await;
    let sql = r#"UPDATE "AgentNodeExecution" SET id = $1 WHERE "agentGraphExecutionId" = 'y1'"#;
    app.db.execute(sql, &[&node]).await;
    let told = text(&replay(&app, &graph, "ann").await);
    assert!(told.contains(&node) && !told.contains("other"), "{told}");
}

#[tokio::test]
async fn a_replay_of_a_write_tells_nothing_of_a_run_that_is_gone_or_anothers() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let create = |key: &str| {
        let request = app.service_for("ann").post(&graph.executions());
        request.json(&graph.creation()).key(key)
    };
    let count = async || {
        app.db
            .number(r#"SELECT count(*) FROM "AgentGraphExecution""#, &[])
            .await
    };
    let removed = create("removed").expect(201).await.text("id");
    let given = create("given").expect(201).await.text("id");
    let share = format!("{}/{given}/share", graph.executions());
    let share = app.user("ann").post(&share).json(&json!({})).key("shared");
    let link = share.clone().expect(200).await.text("share_token");
    remove(&app, &removed, "ann").await;
    give_to(&app, &given, "bob").await;
    import(&app, &graph, &removed, "ann", "another").await;
    let before = count().await;
    create("removed").expect(404).await;
    create("given").expect(404).await;
    share.expect(404).await;
    assert_eq!(count().await, before, "and nothing happens again");
    // Nor does the link of then lead to what is another's now.
    app.anonymous
        .get(&format!("/api/public/shared/{link}"))
        .expect(404)
        .await;
}

#[tokio::test]
async fn a_removal_leaves_nothing_behind_but_the_news_of_it() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let create = app.service_for("ann").post(&graph.executions());
    let id = create.json(&graph.creation()).key("kept").expect(201).await.text("id");
    let queue = json!({ "node_exec_id": app.first_node(&id).await });
    app.service
        .post(&format!("/api/executions/{id}/queue"))
        .json(&queue)
        .key("queued")
        .expect(201)
        .await;
    remove(&app, &id, "ann").await;
    let left = app
        .db
        .rows(
            "SELECT stats, share_token, is_removed, node_exec_id IS NULL AS is_graph FROM runledger.events
             WHERE graph_exec_id = $1 ORDER BY id",
            &[&id],
        )
        .await;
    let left: Vec<_> = left
        .iter()
        .map(|row| (row["is_removed"] == true, row["is_graph"] == true))
        .collect();
    assert_eq!(left, [(true, false), (true, true)]);
    for sql in [
        "SELECT count(*) FROM runledger.idempotency_keys WHERE outcome IS NOT NULL AND outcome::text LIKE '%Ghent%'",
        "SELECT count(*) FROM runledger.queue_entries",
    ] {
        assert_eq!(app.db.number(sql, &[]).await, 0, "{sql}");
    }
}

#[tokio::test]
async fn a_queue_gives_nothing_that_was_queued_for_another_owner() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let queue = format!("/api/executions/{id}/queue");
    let entry = json!({ "node_exec_id": app.first_node(&id).await });
    app.service.post(&queue).json(&entry).expect(201).await;
    give_to(&app, &id, "bob").await;
    app.service.post(&format!("{queue}/pop")).expect(204).await;
    assert_eq!(app.service.get(&queue).expect(200).await.json()["length"], 0);
}

#[tokio::test]
async fn a_family_is_one_owners() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let parent = app.create_in(&graph, "RUNNING").await;
    let child = app.create_child(&graph, &parent).await;
    give_to(&app, &parent, "bob").await;
    let path = format!("/api/executions/{parent}");
    let children = app
        .user("bob")
        .get(&format!("{path}/children"))
        .expect(200)
        .await
        .json();
    assert_eq!(children["executions"], json!([]));
    app.user("bob").post(&format!("{path}/stop")).expect(200).await;
    assert_eq!(app.db.execution(&child).await["executionStatus"], "INCOMPLETE");
}

#[tokio::test]
async fn what_a_key_notes_of_its_writer_is_not_followed() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let kept = json!({ "node_exec_id": app.first_node(&id).await, "data": { "mine": 1 } });
    app.user("ann").put("/api/kv/colour").json(&kept).expect(200).await;
    give_to(&app, &id, "bob").await;
    app.user("bob").get("/api/kv/colour").expect(404).await;
    let value = app.user("ann").get("/api/kv/colour").expect(200).await.json();
    assert_eq!(value["data"], json!({ "mine": 1 }));
}

/// A link to a run of ann's that was imported.
async fn shared(app: &App, graph: &Graph, id: &str) -> String {
    let share = format!("{}/{id}/share", graph.executions());
    app.user("ann").post(&share).expect(200).await.text("share_token")
}

#[tokio::test]
async fn a_link_does_not_lead_to_a_later_run_under_the_same_id() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    for (id, next) in [("x1", "ann"), ("x2", "bob")] {
        import(&app, &graph, id, "ann", "first-secret").await;
        let link = shared(&app, &graph, id).await;
        let public = app.anonymous.get(&format!("/api/public/shared/{link}"));
        public.clone().expect(200).await;
        remove(&app, id, "ann").await;
        import(&app, &graph, id, next, "second-secret").await;
        public.expect(404).await;
        let ends = "SELECT count(*) FROM runledger.share_ends WHERE execution_id = $1";
        assert_eq!(app.db.number(ends, &[&id]).await, 0);
    }
}

#[tokio::test]
async fn a_queue_gives_nothing_of_an_earlier_run_under_the_same_id() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    import(&app, &graph, "x1", "ann", "first").await;
    let entry = json!({ "node_exec_id": app.first_node("x1").await });
    app.service
        .post("/api/executions/x1/queue")
        .json(&entry)
        .expect(201)
        .await;
    remove(&app, "x1", "ann").await;
    import(&app, &graph, "x1", "ann", "second").await;
    app.service.post("/api/executions/x1/queue/pop").expect(204).await;
    let queue = app.service.get("/api/executions/x1/queue").expect(200).await.json();
    assert_eq!(queue["length"], 0);
}

/// The scores that an operator sees of a run.
async fn scores(app: &App, id: &str) -> Value {
    let path = format!("/api/executions/admin/executions/{id}/scores");
    app.admin.get(&path).expect(200).await.json()["scores"].clone()
}

#[tokio::test]
async fn scores_are_of_the_run_and_the_owner_that_were_scored() {
    let llm = Llm::start(Behaviour::Score(0.5)).await;
    let app = with_models(&llm).start().await;
    let graph = app.graph("weather", "ann").await;
    for id in ["x1", "x2", "x3"] {
        import(&app, &graph, id, "ann", "first").await;
    }
    score(&app, &graph, json!({})).await;
    assert_eq!(scores(&app, "x1").await[0]["score"], 0.5);
    remove(&app, "x1", "ann").await;
    import_made(&app, &graph, "x1", "ann", "second", LATER).await;
    remove(&app, "x2", "ann").await;
    import(&app, &graph, "x2", "bob", "second").await;
    give_to(&app, "x3", "bob").await;
    for id in ["x1", "x2", "x3"] {
        assert_eq!(scores(&app, id).await, json!([]), "{id}");
    }
    // Nor do the results of the job say anything of what is there now.
    let job = app.db.row("SELECT id FROM runledger.scoring_jobs", &[]).await["id"].clone();
    let path = format!("{ANALYTICS}/jobs/{}/results", job.as_str().unwrap());
    let results = app.admin.get(&path).expect(200).await.json();
    for result in results["results"].as_array().unwrap() {
        assert_eq!(
            (&result["summary_text"], &result["score"], &result["user_id"]),
            (&Value::Null, &Value::Null, &json!("")),
            "{result}"
        );
    }
}

#[tokio::test]
async fn a_job_neither_reads_nor_scores_what_is_another_run_or_anothers_by_then() {
    let llm = Llm::start(Behaviour::Slow(Duration::from_secs(3), 0.5)).await;
    let app = with_models(&llm).variable("llm_timeout_seconds", "20").start().await;
    let graph = app.graph("weather", "ann").await;
    let ids = ["x1", "x2", "x3", "x4"];
    for id in ids {
        import(&app, &graph, id, "ann", "first-secret").await;
    }
    let changing = async {
        until("the model is asked", async || (!llm.seen().is_empty()).then_some(())).await;
        // One of them is with the model, and the others wait.
        for (id, next) in [("x1", "ann"), ("x2", "bob")] {
            remove(&app, id, "ann").await;
            import_made(&app, &graph, id, next, "second-secret", LATER).await;
        }
        for id in ["x3", "x4"] {
            give_to(&app, id, "bob").await;
        }
    };
    let (report, ()) = tokio::join!(score(&app, &graph, json!({ "batch_size": 1 })), changing);
    assert_eq!(
        (&report["failed_analytics"], &report["successful_analytics"]),
        (&json!(ids.len()), &json!(0)),
        "{report}"
    );
    assert_eq!(llm.seen().len(), 1);
    for id in ids {
        let stats = app.db.execution(id).await["stats"].clone();
        assert_eq!(stats["correctness_score"], Value::Null, "{id}: {stats}");
        assert_eq!(scores(&app, id).await, json!([]), "{id}");
    }
    for told in [report.to_string(), llm.seen()[0].prompt().to_owned()] {
        assert!(!told.contains("second-secret"), "{told}");
    }
}
