//! The state machine of node executions, one at a time and many at once.

use futures::future::join_all;
use runledger_tests::{App, Graph, STATUSES, allowed_from, is_terminal};
use serde_json::{Value, json};

/// Stores a node execution in a status, past the API, the way that its life would have left it.
async fn node_in(app: &App, graph: &Graph, execution: &str, status: &str) -> String {
    let id = format!("{execution}-{status}-{}", app.db.nodes(execution).await.len());
    app.db
        .execute(
            r#"INSERT INTO "AgentNodeExecution" (id, "agentGraphExecutionId", "agentNodeId", "executionStatus", stats)
               VALUES ($1, $2, $3, $4::text::"AgentExecutionStatus", '{"kept": true}')"#,
            &[&id, &execution, &graph.node("work"), &status],
        )
        .await;
    id
}

async fn stored(app: &App, id: &str) -> Value {
    app.db
        .row(
            r#"SELECT n.*, n.xmin::text FROM "AgentNodeExecution" AS n WHERE id = $1"#,
            &[&id],
        )
        .await
}

fn path(id: &str) -> String {
    format!("/api/node-executions/{id}")
}

#[tokio::test]
async fn every_pair_of_states_moves_or_changes_nothing_at_all() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let execution = app.create(&graph).await;
    for from in STATUSES {
        for to in STATUSES {
            let id = node_in(&app, &graph, &execution, from).await;
            let before = stored(&app, &id).await;
            let body = json!({ "status": to, "execution_data": { "a": to }, "stats": { "mine": [to] } });
            let legal = allowed_from(to).contains(&from);
            let request = app.service.patch(&path(&id)).json(&body);
            if allowed_from(to).is_empty() {
                request.expect(422).await.expect_pointers(&["/status"]);
                assert_eq!(stored(&app, &id).await, before, "{from} to {to} changed the row");
                continue;
            }
            let reply = request.expect(if legal || from == to { 200 } else { 409 }).await;
            let after = stored(&app, &id).await;
            if legal {
                assert_eq!(after["executionStatus"], to);
                assert_eq!(reply.text("status"), to);
                assert_eq!(reply.json()["input_data"], json!({ "a": to }));
                assert_eq!(after["stats"], json!({ "mine": [to] }));
                assert_eq!(after["queuedTime"].is_string(), to == "QUEUED", "{from} to {to}");
                assert_eq!(after["startedTime"].is_string(), to == "RUNNING", "{from} to {to}");
                assert_eq!(after["endedTime"].is_string(), is_terminal(to), "{from} to {to}");
                continue;
            }
            assert_eq!(after, before, "{from} to {to} changed the row");
            if from != to {
                let problem = reply.problem().document;
                assert_eq!(problem["current_status"], from, "{reply}");
                assert_eq!(problem["allowed_from"], json!(allowed_from(to)), "{reply}");
            }
        }
    }
}

#[tokio::test]
async fn a_node_that_is_taken_up_again_keeps_its_start_and_is_queued_anew() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let execution = app.create(&graph).await;
    let id = app.first_node(&execution).await;
    let go = async |body: Value| app.service.patch(&path(&id)).json(&body).expect(200).await.json();
    let queued = stored(&app, &id).await["queuedTime"].clone();
    let first = go(json!({ "status": "RUNNING" })).await;
    let stopped = go(json!({ "status": "TERMINATED" })).await;
    assert!(stopped["end_time"].is_string());
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let again = go(json!({ "status": "QUEUED", "execution_data": {} })).await;
    assert_eq!(again["end_time"], Value::Null, "what leaves TERMINATED has not ended");
    assert_ne!(stored(&app, &id).await["queuedTime"], queued);
    let running = go(json!({ "status": "RUNNING" })).await;
    assert_eq!(running["start_time"], first["start_time"]);
}

#[tokio::test]
async fn a_node_is_queued_with_the_data_that_it_runs_with() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let execution = app.create(&graph).await;
    let id = node_in(&app, &graph, &execution, "INCOMPLETE").await;
    let before = app.db.snapshot().await;
    for (body, pointer) in [
        (json!({ "status": "QUEUED" }), "/execution_data"),
        (json!({ "status": "QUEUED", "execution_data": null }), "/execution_data"),
        (json!({ "status": "QUEUED", "execution_data": [1] }), "/execution_data"),
        (json!({ "stats": {} }), "/status"),
        (json!({ "status": "DONE" }), "/status"),
        (json!({ "status": "RUNNING", "stats": 7 }), "/stats"),
        (json!({ "status": "RUNNING", "more": 7 }), "/more"),
    ] {
        let reply = app.service.patch(&path(&id)).json(&body).expect(422).await;
        reply.expect_pointers(&[pointer]);
    }
    app.service
        .patch(&path("no-such-node"))
        .json(&json!({ "status": "RUNNING" }))
        .expect(404)
        .await;
    app.db.expect_unchanged(&before, "a change that does not fit").await;

    let data = json!({ "city": "Ghent", "deep": { "a": [1, null] } });
    let body = json!({ "status": "QUEUED", "execution_data": data });
    let queued = app.service.patch(&path(&id)).json(&body).expect(200).await.json();
    assert_eq!(queued["input_data"], data);
    for status in ["RUNNING", "REVIEW"] {
        let moved = json!({ "status": status });
        app.service.patch(&path(&id)).json(&moved).expect(200).await;
    }
    let empty = json!({ "status": "QUEUED", "execution_data": {} });
    let queued = app.service.patch(&path(&id)).json(&empty).expect(200).await.json();
    assert_eq!(queued["input_data"], data, "empty data leave what is stored");
}

#[tokio::test]
async fn cleared_data_come_with_the_statistics_and_are_shown_first() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.first_node(&app.create(&graph).await).await;
    let running = json!({ "status": "RUNNING", "stats": { "walltime": 0.5, "llm_call_count": 2 } });
    app.service.patch(&path(&id)).json(&running).expect(200).await;
    let body = json!({
        "status": "COMPLETED",
        "stats": { "walltime": 1.5, "cleared_inputs": { "city": ["", "***"] }, "cleared_outputs": { "o": ["***"] } },
    });
    let done = app.service.patch(&path(&id)).json(&body).expect(200).await.json();
    assert_eq!(
        (&done["input_data"], &done["output_data"]),
        (&json!({ "city": "***" }), &json!({ "o": ["***"] }))
    );
    assert_eq!(
        stored(&app, &id).await["stats"],
        body["stats"],
        "nothing of an earlier report"
    );
    let outputs = format!("{}/outputs", path(&id));
    assert_eq!(
        app.user("ann").get(&outputs).expect(200).await.json(),
        json!({ "o": "***" })
    );

    // What an earlier report cleared does not outlive a later one; a move without statistics leaves them.
    let id = node_in(&app, &graph, &app.create(&graph).await, "TERMINATED").await;
    let queued = json!({ "status": "QUEUED", "execution_data": { "city": "Ghent" }, "stats": body["stats"] });
    app.service.patch(&path(&id)).json(&queued).expect(200).await;
    let moved = json!({ "status": "RUNNING" });
    let reply = app.service.patch(&path(&id)).json(&moved).expect(200).await.json();
    assert_eq!(reply["input_data"], json!({ "city": "***" }));
    let ids = json!({ "ids": [id], "status": "COMPLETED", "stats": { "walltime": 1 } });
    app.service.patch("/api/node-executions").json(&ids).expect(200).await;
    let reply = app.service.get(&path(&id)).expect(200).await.json();
    assert_eq!(reply["input_data"], json!({ "city": "Ghent" }));
}

#[tokio::test]
async fn of_racing_moves_one_wins_and_the_others_are_told_who() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let execution = app.create(&graph).await;
    for round in 0..4 {
        let id = node_in(&app, &graph, &execution, "RUNNING").await;
        let replies = join_all((0..24).map(|number| {
            let status = ["COMPLETED", "FAILED", "TERMINATED"][number % 3];
            let body = json!({ "status": status, "stats": { format!("mine-{number}"): true } });
            let request = app.service.patch(&path(&id)).json(&body);
            async move { (status, request.send().await.expect("every racer gets an answer")) }
        }))
        .await;
        let row = stored(&app, &id).await;
        let winner = row["executionStatus"].as_str().unwrap();
        let marks = row["stats"].as_object().unwrap().keys();
        assert_eq!(
            marks.filter(|key| key.starts_with("mine-")).count(),
            1,
            "round {round}: {row}"
        );
        for (status, reply) in replies {
            if status == winner {
                assert_eq!((reply.status, reply.text("status").as_str()), (200, winner), "{reply}");
            } else {
                assert_eq!(reply.status, 409, "{reply}");
                assert_eq!(reply.problem().document["current_status"], winner, "{reply}");
            }
        }
    }
}

#[tokio::test]
async fn of_many_those_move_that_may() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let execution = app.create(&graph).await;
    let other = app.create_for(&graph, "bob").await;
    for to in STATUSES {
        let mut ids = vec!["no-such-node".to_owned()];
        for from in STATUSES {
            ids.push(node_in(&app, &graph, &execution, from).await);
        }
        ids.push(ids[3].clone());
        let foreign = node_in(&app, &graph, &other, allowed_from(to).first().unwrap_or(&"QUEUED")).await;
        ids.push(foreign.clone());
        let body = json!({ "ids": ids, "status": to, "stats": { "mine": to } });
        let request = app.service_for("ann").patch("/api/node-executions").json(&body);
        if allowed_from(to).is_empty() {
            request.expect(422).await.expect_pointers(&["/status"]);
            continue;
        }
        let moved = request.expect(200).await.json();
        assert_eq!(moved, json!({ "updated": allowed_from(to).len() }), "{to}");
        for (id, from) in ids[1..].iter().zip(STATUSES) {
            let row = stored(&app, id).await;
            let legal = allowed_from(to).contains(&from);
            assert_eq!(row["executionStatus"], if legal { to } else { from });
            assert_eq!(row["stats"]["mine"] == to, legal, "{from} to {to}");
            assert_eq!(row["queuedTime"].is_string(), legal && to == "QUEUED", "{from} to {to}");
        }
        assert_eq!(
            stored(&app, &foreign).await["stats"],
            json!({ "kept": true }),
            "another user's"
        );
    }
}

#[tokio::test]
async fn a_batch_names_1_to_1000_nodes() {
    let app = App::start().await;
    let before = app.db.snapshot().await;
    let ids = |count: usize| (0..count).map(|number| format!("n{number}")).collect::<Vec<_>>();
    for (body, pointer) in [
        (json!({ "ids": [], "status": "FAILED" }), "/ids"),
        (json!({ "ids": ids(1001), "status": "FAILED" }), "/ids"),
        (json!({ "ids": ["a", ""], "status": "FAILED" }), "/ids/1"),
        (json!({ "ids": ["a"] }), "/status"),
        (
            json!({ "ids": ["a"], "status": "QUEUED", "execution_data": {} }),
            "/execution_data",
        ),
    ] {
        let reply = app.service.patch("/api/node-executions").json(&body).expect(422).await;
        reply.expect_pointers(&[pointer]);
    }
    let most = json!({ "ids": ids(1000), "status": "FAILED" });
    let reply = app.service.patch("/api/node-executions").json(&most).expect(200).await;
    assert_eq!(reply.json(), json!({ "updated": 0 }));
    app.db.expect_unchanged(&before, "a batch without nodes").await;
}

#[tokio::test]
async fn batches_and_stops_that_cross_do_not_wait_for_each_other_for_ever() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    for _ in 0..4 {
        let execution = app.create_in(&graph, "RUNNING").await;
        let mut ids = Vec::new();
        for _ in 0..40 {
            ids.push(node_in(&app, &graph, &execution, "RUNNING").await);
        }
        let backwards: Vec<_> = ids.iter().rev().cloned().collect();
        let moves = (0..12).map(|number| {
            let ids = if number % 2 == 0 { &ids } else { &backwards };
            let status = ["REVIEW", "RUNNING"][number % 2];
            app.service
                .patch("/api/node-executions")
                .json(&json!({ "ids": ids, "status": status }))
                .expect(200)
        });
        let stop = app
            .user("ann")
            .post(&format!("/api/executions/{execution}/stop"))
            .expect(200);
        futures::join!(join_all(moves), stop);
    }
}
