//! Stopping: the execution, what it started, and their unfinished nodes.

use std::collections::BTreeMap;

use runledger_tests::{App, Database, STATUSES, is_unfinished};
use serde_json::{Value, json};

/// Gives an execution a node execution in every status, whatever created it.
async fn nodes_in_every_status(db: &Database, execution: &str, node: &str) {
    for status in STATUSES {
        db.execute(
            r#"INSERT INTO "AgentNodeExecution" (id, "agentGraphExecutionId", "agentNodeId", "executionStatus", "addedTime",
                   "endedTime")
               VALUES ($1, $2, $3, $4::text::"AgentExecutionStatus", '2026-01-01', $5::text::timestamp)"#,
            &[
                &format!("{execution}-{status}"),
                &execution,
                &node,
                &status,
                &(!is_unfinished(status)).then_some("2026-01-02"),
            ],
        )
        .await;
    }
}

async fn node_rows(db: &Database, execution: &str) -> BTreeMap<String, Value> {
    let rows = db.nodes(execution).await;
    rows.into_iter()
        .map(|row| (row["id"].as_str().unwrap().to_owned(), row))
        .collect()
}

#[tokio::test]
async fn a_stop_ends_the_execution_and_its_unfinished_nodes() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    for caller in [
        app.user("ann"),
        app.service.clone(),
        app.service_for("ann"),
        app.admin.clone(),
        app.admin_for("ann"),
    ] {
        let id = app.create_in(&graph, "RUNNING").await;
        nodes_in_every_status(&app.db, &id, &graph.node("work")).await;
        let before = node_rows(&app.db, &id).await;
        let reply = caller.post(&format!("/api/executions/{id}/stop")).expect(200).await;
        assert_eq!(reply.text("status"), "TERMINATED");
        assert!(reply.json()["ended_at"].is_string());
        for (node, row) in node_rows(&app.db, &id).await {
            if is_unfinished(before[&node]["executionStatus"].as_str().unwrap()) {
                assert_eq!(row["executionStatus"], "TERMINATED", "{node}");
                assert!(row["endedTime"].is_string(), "{node} has an end");
            } else {
                assert_eq!(row, before[&node], "{node} was finished");
            }
        }
    }
}

#[tokio::test]
async fn a_stop_reaches_the_children_of_children_and_spares_the_finished() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let root = app.create_in(&graph, "RUNNING").await;
    let mut unfinished = vec![root.clone()];
    let mut finished = Vec::new();
    for status in STATUSES {
        let child = app.create_child(&graph, &root).await;
        let grandchild = app.create_child(&graph, &child).await;
        app.drive(&child, status).await;
        app.drive(&grandchild, "REVIEW").await;
        nodes_in_every_status(&app.db, &grandchild, &graph.node("work")).await;
        unfinished.push(grandchild);
        if is_unfinished(status) {
            unfinished.push(child);
        } else {
            finished.push(child);
        }
    }
    let stranger = app.create_in(&graph, "RUNNING").await;
    finished.push(stranger.clone());
    let mut before = Vec::new();
    for id in &finished {
        before.push((app.db.execution(id).await, app.db.nodes(id).await));
    }

    app.user("ann")
        .post(&format!("/api/executions/{root}/stop"))
        .expect(200)
        .await;

    for id in &unfinished {
        let row = app.db.execution(id).await;
        assert_eq!(row["executionStatus"], "TERMINATED");
        assert!(row["endedAt"].is_string());
        let nodes = app.db.nodes(id).await;
        assert!(
            nodes
                .iter()
                .all(|node| !is_unfinished(node["executionStatus"].as_str().unwrap())),
            "{nodes:#?}"
        );
    }
    for (id, (execution, nodes)) in finished.iter().zip(before) {
        let now = app.db.nodes(id).await;
        if execution["executionStatus"] == "TERMINATED" {
            // What one that was stopped before left unfinished ends too.
            assert!(
                now.iter().all(|node| node["executionStatus"] == "TERMINATED"),
                "{now:#?}"
            );
        } else {
            assert_eq!(now, nodes, "{id} is none of this stop's business");
        }
        assert_eq!(
            app.db.execution(id).await,
            execution,
            "{id} is none of this stop's business"
        );
    }
}

#[tokio::test]
async fn a_stop_of_a_stopped_one_changes_nothing_and_of_a_finished_one_is_a_conflict() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    for (status, answer) in [("TERMINATED", 200), ("COMPLETED", 409), ("FAILED", 409)] {
        let id = app.create_in(&graph, status).await;
        // A stop of a TERMINATED one ends what it had left unfinished, so the child is of those alone that are finished.
        let child = match answer {
            409 => Some(app.create_child(&graph, &id).await),
            _ => None,
        };
        app.db
            .execute(
                r#"UPDATE "AgentNodeExecution" SET "executionStatus" = 'FAILED' WHERE "agentGraphExecutionId" = $1"#,
                &[&id],
            )
            .await;
        let before = app.db.snapshot().await;
        let reply = app
            .user("ann")
            .post(&format!("/api/executions/{id}/stop"))
            .expect(answer)
            .await;
        app.db
            .expect_unchanged(&before, &format!("a stop of a {status} one"))
            .await;
        if let Some(child) = child {
            assert_eq!(app.db.execution(&child).await["executionStatus"], "INCOMPLETE");
        }
        if answer == 409 {
            let problem = reply.problem().document;
            assert_eq!(problem["current_status"], status);
            assert_eq!(
                problem["allowed_from"],
                json!(["INCOMPLETE", "QUEUED", "RUNNING", "REVIEW"])
            );
        }
    }
}

#[tokio::test]
async fn a_stop_of_a_stopped_one_ends_what_goes_on_below_it() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create_in(&graph, "TERMINATED").await;
    let child = app.create_child(&graph, &id).await;
    app.move_to(&child, "RUNNING").await;
    let input = json!({ "name": "name", "data": "late" });
    let inputs = format!("/api/executions/{id}/nodes/{}/inputs", graph.node("output"));
    app.service.post(&inputs).json(&input).expect(200).await;
    let ann = app.user("ann");
    let mut stream = ann.get("/api/events").open().await;
    let stopped = ann.post(&format!("/api/executions/{id}/stop")).expect(200).await.json();
    for run in [&id, &child] {
        assert_eq!(app.db.execution(run).await["executionStatus"], "TERMINATED");
        for node in app.db.nodes(run).await {
            assert_eq!(node["executionStatus"], "TERMINATED", "{node}");
        }
    }
    stream.find(|event| event.payload["id"] == child.as_str()).await;
    let shown = ann.get(&format!("/api/executions/{id}")).expect(200).await.json();
    assert_eq!(stopped["outputs"], shown["outputs"]);
}

#[tokio::test]
async fn racing_stops_and_removals_of_one_family_all_succeed() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    for _ in 0..6 {
        let root = app.create_in(&graph, "RUNNING").await;
        let mut calls = Vec::new();
        for _ in 0..4 {
            let child = app.create_child(&graph, &root).await;
            let path = format!("/api/executions/{child}?hard=true");
            calls.push(app.user("ann").delete(&path).send());
            calls.push(app.user("ann").post(&format!("/api/executions/{root}/stop")).send());
        }
        let path = format!("/api/executions/{root}?hard=true");
        calls.push(app.user("ann").delete(&path).send());
        for reply in futures::future::join_all(calls).await {
            let reply = reply.expect("an answer");
            assert!([200, 204, 404].contains(&reply.status), "{reply}");
        }
    }
}

#[tokio::test]
async fn racing_stops_of_one_family_all_succeed() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let mut family = vec![app.create_in(&graph, "RUNNING").await];
    for _ in 0..8 {
        let child = app.create_child(&graph, family.last().unwrap()).await;
        family.push(child);
    }
    let stops = family
        .iter()
        .chain(&family)
        .map(|id| app.user("ann").post(&format!("/api/executions/{id}/stop")).expect(200));
    futures::future::join_all(stops).await;
    for id in &family {
        assert_eq!(app.db.execution(id).await["executionStatus"], "TERMINATED");
    }
}
