//! The state machine, over HTTP: what is allowed moves, what is not changes nothing.

use futures::future::join_all;
use runledger_tests::{App, STATUSES, allowed_from, is_terminal};
use serde_json::{Value, json};

/// Asks for a move and checks the answer and the stored row against the contract's table.
async fn check_move(app: &App, id: &str, from: &str, to: &str, path: &str, body: Option<&Value>) {
    let legal = allowed_from(to).contains(&from);
    let before = app.db.execution(id).await;
    assert_eq!(before["executionStatus"], from);
    let mut request = if body.is_some() {
        app.service.patch(path)
    } else {
        app.service.post(path)
    };
    if let Some(body) = body {
        request = request.json(body);
    }
    if allowed_from(to).is_empty() {
        request.expect(422).await.expect_pointers(&["/status"]);
        assert_eq!(app.db.execution(id).await, before, "{from} to {to} changed the row");
        return;
    }
    let reply = request.expect(if legal || from == to { 200 } else { 409 }).await;
    let after = app.db.execution(id).await;
    if legal {
        assert_eq!(
            (reply.text("status").as_str(), &after["executionStatus"]),
            (to, &json!(to)),
            "{from} to {to}"
        );
        assert_ne!(after["updatedAt"], Value::Null);
        check_times(&before, &after, from, to);
        return;
    }
    assert_eq!(after, before, "{from} to {to} changed the row");
    if from == to {
        assert_eq!(reply.text("status"), to);
    } else {
        let problem = reply.problem().document;
        assert_eq!(problem["current_status"], from, "{reply}");
        assert_eq!(problem["allowed_from"], json!(allowed_from(to)), "{reply}");
    }
}

/// The terminal states set the end, leaving TERMINATED clears it, the first RUNNING sets the start.
fn check_times(before: &Value, after: &Value, from: &str, to: &str) {
    assert_eq!(
        after["endedAt"].is_string(),
        is_terminal(to),
        "endedAt after {from} to {to}"
    );
    if before["startedAt"].is_string() {
        assert_eq!(
            after["startedAt"], before["startedAt"],
            "startedAt after {from} to {to}"
        );
    } else {
        assert_eq!(
            after["startedAt"].is_string(),
            to == "RUNNING",
            "startedAt after {from} to {to}"
        );
    }
    assert_eq!(after["createdAt"], before["createdAt"]);
}

#[tokio::test]
async fn every_pair_of_states_moves_or_changes_nothing_at_all() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    for from in STATUSES {
        for to in STATUSES {
            let id = app.create_in(&graph, from).await;
            let body = json!({ "status": to, "stats": { "cost": 7, "mine": [to] } });
            check_move(&app, &id, from, to, &format!("/api/executions/{id}"), Some(&body)).await;
            let stats = app.db.execution(&id).await["stats"].clone();
            let moved = allowed_from(to).contains(&from);
            assert_eq!(
                stats["cost"] == 7,
                moved,
                "the statistics of {from} to {to} belong to the move: {stats}"
            );
        }
    }
}

#[tokio::test]
async fn start_and_stop_keep_to_the_same_table() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    for (to, action) in [("RUNNING", "start"), ("TERMINATED", "stop")] {
        for from in STATUSES {
            let id = app.create_in(&graph, from).await;
            check_move(&app, &id, from, to, &format!("/api/executions/{id}/{action}"), None).await;
        }
    }
}

#[tokio::test]
async fn a_run_that_is_taken_up_again_keeps_its_start_and_gets_another_end() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create_in(&graph, "RUNNING").await;
    let started = app.db.execution(&id).await["startedAt"].clone();
    for status in [
        "TERMINATED",
        "QUEUED",
        "RUNNING",
        "REVIEW",
        "QUEUED",
        "RUNNING",
        "TERMINATED",
        "RUNNING",
    ] {
        let shown = app.move_to(&id, status).await.json();
        assert_eq!(shown["ended_at"].is_string(), is_terminal(status), "{shown}");
        assert_eq!(app.db.execution(&id).await["startedAt"], started);
    }
    let ended = app.move_to(&id, "COMPLETED").await.json();
    assert!(ended["ended_at"].as_str() >= ended["started_at"].as_str(), "{ended}");
}

#[tokio::test]
async fn of_24_racing_terminal_moves_one_wins_and_the_losers_learn_which() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    for round in 0..5 {
        let id = app.create_in(&graph, "RUNNING").await;
        let path = format!("/api/executions/{id}");
        let replies = join_all((0..24).map(|number| {
            let status = ["COMPLETED", "FAILED", "TERMINATED"][number % 3];
            let body = json!({ "status": status, "stats": { "cost": 100 + number, format!("mine-{number}"): true } });
            let request = app.service.patch(&path).json(&body);
            async move {
                (
                    number,
                    status,
                    request.send().await.expect("every racer gets an answer"),
                )
            }
        }))
        .await;

        let row = app.db.execution(&id).await;
        let winner = row["executionStatus"].as_str().unwrap();
        let stats = row["stats"].as_object().unwrap();
        let marks: Vec<_> = stats.keys().filter(|key| key.starts_with("mine-")).collect();
        assert_eq!(
            marks.len(),
            1,
            "round {round}: more than one request was stored: {stats:?}"
        );
        for (number, status, reply) in replies {
            if status == winner {
                assert_eq!((reply.status, reply.text("status").as_str()), (200, winner), "{reply}");
            } else {
                assert_eq!(reply.status, 409, "round {round}, {number}: {reply}");
                assert_eq!(reply.problem().document["current_status"], winner, "{reply}");
            }
        }
    }
}

#[tokio::test]
async fn of_racing_starts_one_sets_the_start() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create_in(&graph, "QUEUED").await;
    let path = format!("/api/executions/{id}/start");
    let replies = join_all((0..16).map(|_| app.service.post(&path).expect(200))).await;
    let started: Vec<String> = replies.iter().map(|reply| reply.text("started_at")).collect();
    assert!(started.iter().all(|time| *time == started[0]), "{started:?}");
}

#[tokio::test]
async fn a_change_needs_a_status_or_statistics() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let path = format!("/api/executions/{id}");
    let before = app.db.snapshot().await;
    for (body, pointers) in [
        (json!({}), &[""] as &[&str]),
        (json!({ "status": null, "stats": null }), &[""]),
        (json!({ "status": "DONE" }), &["/status"]),
        (json!({ "status": "running" }), &["/status"]),
        (json!({ "status": 3 }), &["/status"]),
        (json!({ "stats": [] }), &["/stats"]),
        (json!({ "stats": { "cost": "much" } }), &["/stats/cost"]),
        (json!({ "stats": { "duration": -1 } }), &["/stats/duration"]),
        (
            json!({ "stats": { "correctness_score": 1.5 } }),
            &["/stats/correctness_score"],
        ),
        (json!({ "status": "QUEUED", "state": "QUEUED" }), &["/state"]),
    ] {
        app.service
            .patch(&path)
            .json(&body)
            .expect(422)
            .await
            .expect_pointers(pointers);
    }
    app.db.expect_unchanged(&before, "an invalid change").await;
}
