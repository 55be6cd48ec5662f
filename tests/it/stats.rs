//! Statistics: how they are merged, shown and hidden.

use runledger_tests::App;
use serde_json::{Value, json};

/// Statistics as the platform stores them.
const STORED: &str = r#"{"cost":12,"walltime":1.5,"cputime":0.5,"nodes_walltime":3.25,"nodes_cputime":1,
    "node_count":4,"node_error_count":1,"error":"boom","activity_status":"It looked.","correctness_score":0.75,
    "block_stats":{"kept":[1,2]}}"#;

async fn store(app: &App, id: &str, stats: &str) {
    let sql = r#"UPDATE "AgentGraphExecution" SET stats = $2::text::jsonb WHERE id = $1"#;
    app.db.execute(sql, &[&id, &stats]).await;
}

#[tokio::test]
async fn stored_keys_are_shown_under_their_names() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    store(&app, &id, STORED).await;
    let shown = app
        .user("ann")
        .get(&format!("/api/executions/{id}"))
        .expect(200)
        .await
        .json();
    assert_eq!(
        shown["stats"],
        json!({
            "cost": 12, "duration": 1.5, "duration_cpu_only": 0.5, "node_exec_time": 3.25,
            "node_exec_time_cpu_only": 1.0, "node_exec_count": 4, "node_error_count": 1, "error": "boom",
            "activity_status": "It looked.", "correctness_score": 0.75,
        })
    );
}

#[tokio::test]
async fn an_execution_without_statistics_shows_null() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    assert_eq!(
        app.user("ann")
            .get(&format!("/api/executions/{id}"))
            .expect(200)
            .await
            .json()["stats"],
        Value::Null
    );
}

#[tokio::test]
async fn new_statistics_are_merged_and_unknown_keys_survive() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    store(&app, &id, STORED).await;
    let path = format!("/api/executions/{id}");
    let sent =
        json!({ "stats": { "cost": 13, "duration": 2.5, "node_exec_count": 5, "error": null, "mine": { "a": 1 } } });
    app.service.patch(&path).json(&sent).expect(200).await;
    let stored = app.db.execution(&id).await["stats"].clone();
    let mut expected: Value = serde_json::from_str(STORED).unwrap();
    expected["cost"] = json!(13);
    expected["walltime"] = json!(2.5);
    expected["node_count"] = json!(5);
    expected["error"] = Value::Null;
    expected["mine"] = json!({ "a": 1 });
    assert_eq!(stored, expected);
}

#[tokio::test]
async fn both_names_of_a_statistic_are_stored_under_one() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    for (shown, stored) in [
        ("duration", "walltime"),
        ("duration_cpu_only", "cputime"),
        ("node_exec_time", "nodes_walltime"),
        ("node_exec_time_cpu_only", "nodes_cputime"),
        ("node_exec_count", "node_count"),
    ] {
        for name in [shown, stored] {
            let id = app.create(&graph).await;
            let reply = app
                .service
                .patch(&format!("/api/executions/{id}"))
                .json(&json!({ "stats": { name: 9 } }));
            assert_eq!(
                reply.expect(200).await.json()["stats"][shown].as_f64(),
                Some(9.0),
                "{name}"
            );
            assert_eq!(app.db.execution(&id).await["stats"], json!({ stored: 9 }), "{name}");
        }
    }
}

#[tokio::test]
async fn stored_statistics_that_do_not_parse_show_null_and_do_no_harm() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let ann = app.user("ann");
    for unreadable in [
        r#"{"cost":"a lot"}"#,
        "[1,2]",
        "\"text\"",
        "7",
        "true",
        "null",
        r#"{"walltime":{}}"#,
    ] {
        let id = app.create(&graph).await;
        store(&app, &id, unreadable).await;
        let path = format!("/api/executions/{id}");
        for path in [path.as_str(), &format!("{path}?include_node_executions=true")] {
            assert_eq!(
                ann.get(path).expect(200).await.json()["stats"],
                Value::Null,
                "{unreadable}"
            );
        }
        let listed = ann.get("/api/executions?page_size=1").expect(200).await.json();
        assert_eq!(
            (&listed["executions"][0]["id"], &listed["executions"][0]["stats"]),
            (&json!(id), &Value::Null)
        );
        app.service
            .patch(&path)
            .json(&json!({ "status": "RUNNING", "stats": { "cost": 3, "duration": 1 } }))
            .expect(200)
            .await;
        let repaired = ann.get(&path).expect(200).await.json();
        assert_eq!(repaired["stats"]["cost"], 3, "{unreadable}: {repaired}");
    }
}

#[tokio::test]
async fn what_a_model_said_is_hidden_from_users_alone_when_the_operator_wishes() {
    let app = App::builder()
        .variable("enable_activity_features", "false")
        .start()
        .await;
    let graph = app.graph("weather", "ann").await;
    let parent = app.create(&graph).await;
    let id = app.create_child(&graph, &parent).await;
    store(&app, &id, STORED).await;
    let paths = [
        format!("/api/executions/{id}"),
        format!("/api/executions/{id}?include_node_executions=true"),
        format!("/api/graphs/{}/executions/{id}", graph.id),
        format!("/api/executions?parent_graph_exec_id={parent}"),
        format!("/api/graphs/{}/executions?parent_graph_exec_id={parent}", graph.id),
        format!("/api/executions/{parent}/children"),
    ];
    for path in &paths {
        for (caller, hidden) in [
            (app.user("ann"), true),
            (app.service_for("ann"), false),
            (app.admin_for("ann"), false),
            (app.admin.clone(), false),
        ] {
            let shown = caller.get(path).expect(200).await.json();
            let stats = shown["executions"].get(0).unwrap_or(&shown)["stats"].clone();
            assert_eq!(stats["cost"], 12, "{path}: {shown}");
            assert_eq!(stats["activity_status"].is_null(), hidden, "{path}: {stats}");
            assert_eq!(stats["correctness_score"].is_null(), hidden, "{path}: {stats}");
        }
    }
    let stopped = app
        .user("ann")
        .post(&format!("/api/executions/{id}/stop"))
        .expect(200)
        .await
        .json();
    assert_eq!(stopped["stats"]["activity_status"], Value::Null);
    assert_eq!(app.db.execution(&id).await["stats"]["activity_status"], "It looked.");
}

#[tokio::test]
async fn racing_changes_of_different_statistics_are_all_kept() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let path = format!("/api/executions/{id}");
    let changes = (0..16).map(|number| {
        let body = json!({ "stats": { format!("mine-{number}"): number } });
        app.service.patch(&path).json(&body).expect(200)
    });
    futures::future::join_all(changes).await;
    assert_eq!(app.db.execution(&id).await["stats"].as_object().unwrap().len(), 16);
}
