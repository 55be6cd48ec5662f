//! Deleting, for good or not, and taking it back.

use runledger_tests::App;
use serde_json::json;

#[tokio::test]
async fn a_deleted_execution_is_gone_from_every_route_and_kept_in_the_database() {
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
        let path = format!("/api/executions/{id}");
        caller.delete(&path).expect(204).await;
        for look in [
            path.clone(),
            format!("{path}/children"),
            format!("{}/{id}", graph.executions()),
        ] {
            caller.get(&look).expect(404).await;
        }
        assert_eq!(
            caller.get("/api/executions").expect(200).await.json()["executions"],
            json!([])
        );
        assert_eq!(caller.get("/api/executions/count").expect(200).await.json()["count"], 0);
        let stored = app.db.execution(&id).await;
        assert_eq!(
            (&stored["isDeleted"], &stored["executionStatus"]),
            (&json!(true), &json!("RUNNING"))
        );

        let before = app.db.snapshot().await;
        caller.delete(&path).expect(404).await;
        caller.post(&format!("{path}/stop")).expect(404).await;
        app.db.expect_unchanged(&before, "a request for what is deleted").await;
    }
}

#[tokio::test]
async fn a_run_that_is_deleted_while_it_runs_goes_on_unseen() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create_in(&graph, "RUNNING").await;
    let (path, node) = (format!("/api/executions/{id}"), app.first_node(&id).await);
    let node_path = format!("/api/node-executions/{node}");
    let ann = app.user("ann");
    ann.delete(&path).expect(204).await;
    let events = app.db.number("SELECT count(*) FROM runledger.events", &[]).await;

    let input = json!({ "name": "city", "data": "Ghent" });
    let inputs = format!("{path}/nodes/{}/inputs", graph.node("output"));
    app.service.post(&inputs).json(&input).expect(200).await;
    let running = json!({ "status": "RUNNING" });
    app.service.patch(&node_path).json(&running).expect(200).await;
    let output = json!({ "name": "result", "data": 1 });
    app.service
        .post(&format!("{node_path}/outputs"))
        .json(&output)
        .expect(204)
        .await;
    let done = json!({ "ids": [node], "status": "COMPLETED" });
    let moved = app
        .service
        .patch("/api/node-executions")
        .json(&done)
        .expect(200)
        .await
        .json();
    assert_eq!(moved["updated"], 1);
    let done = json!({ "status": "COMPLETED", "stats": { "cost": 3 } });
    app.service.patch(&path).json(&done).expect(200).await;
    for caller in [&ann, &app.service] {
        caller.get(&path).expect(404).await;
        caller.get(&node_path).expect(404).await;
    }
    assert_eq!(
        app.db.number("SELECT count(*) FROM runledger.events", &[]).await,
        events
    );

    let restored = ann.post(&format!("{path}/restore")).expect(200).await.json();
    assert_eq!(
        (&restored["status"], &restored["stats"]["cost"]),
        (&json!("COMPLETED"), &json!(3))
    );
    assert_eq!(
        ann.get(&node_path).expect(200).await.json()["output_data"],
        json!({ "result": [1] })
    );
}

#[tokio::test]
async fn restoring_takes_a_deletion_back() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create_in(&graph, "COMPLETED").await;
    let path = format!("/api/executions/{id}");
    let ann = app.user("ann");
    let before = ann.get(&path).expect(200).await.json();
    ann.delete(&path).expect(204).await;
    let mut restored = ann.post(&format!("{path}/restore")).expect(200).await.json();
    restored["updated_at"] = before["updated_at"].clone();
    assert_eq!(restored, before);
    ann.get(&path).expect(200).await;

    let snapshot = app.db.snapshot().await;
    let again = ann.post(&format!("{path}/restore")).expect(200).await;
    assert_eq!(again.text("id"), id);
    app.db
        .expect_unchanged(&snapshot, "restoring what is not deleted")
        .await;
    ann.post("/api/executions/no-such-execution/restore").expect(404).await;
}

#[tokio::test]
async fn deleting_for_good_removes_the_rows_of_the_execution_and_no_others() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let ann = app.user("ann");
    let (kept, id, soft) = (
        app.create(&graph).await,
        app.create(&graph).await,
        app.create(&graph).await,
    );
    let child = app.create_child(&graph, &id).await;
    ann.delete(&format!("/api/executions/{soft}")).expect(204).await;
    for gone in [&id, &soft] {
        let path = format!("/api/executions/{gone}?hard=true");
        app.user("bob").delete(&path).expect(404).await;
        ann.delete(&path).expect(204).await;
        ann.delete(&path).expect(404).await;
        ann.post(&format!("/api/executions/{gone}/restore")).expect(404).await;
    }
    let number = async |sql: &str| app.db.number(sql, &[]).await;
    assert_eq!(number(r#"SELECT count(*) FROM "AgentGraphExecution""#).await, 2);
    assert_eq!(number(r#"SELECT count(*) FROM "AgentNodeExecution""#).await, 2);
    assert_eq!(
        number(r#"SELECT count(*) FROM "AgentNodeExecutionInputOutput""#).await,
        2
    );
    for id in [&kept, &child] {
        ann.get(&format!("/api/executions/{id}")).expect(200).await;
    }
}

#[tokio::test]
async fn only_true_means_for_good() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let ann = app.user("ann");
    let id = app.create(&graph).await;
    for query in ["hard=yes", "hard=", "hard=true&hard=true", "force=true"] {
        ann.delete(&format!("/api/executions/{id}?{query}")).expect(422).await;
    }
    ann.delete(&format!("/api/executions/{id}?hard=false"))
        .expect(204)
        .await;
    assert_eq!(app.db.execution(&id).await["isDeleted"], true);
}

#[tokio::test]
async fn of_racing_deletions_one_finds_something() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    for query in ["", "?hard=true"] {
        let id = app.create(&graph).await;
        let ann = app.user("ann");
        let path = format!("/api/executions/{id}{query}");
        let replies = futures::future::join_all((0..12).map(|_| ann.delete(&path).send())).await;
        let mut statuses: Vec<u16> = replies
            .into_iter()
            .map(|reply| reply.expect("an answer").status)
            .collect();
        statuses.sort_unstable();
        assert_eq!(
            (statuses[0], statuses[1], statuses[11]),
            (204, 404, 404),
            "{statuses:?}"
        );
    }
}
