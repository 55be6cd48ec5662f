//! Monitors: failing blocks, frequent graphs, late executions.

use runledger_tests::{App, StoredNode};
use serde_json::{Value, json};

async fn monitor(app: &App, path: &str) -> Value {
    app.admin.get(&format!("/api/admin/{path}")).expect(200).await.json()
}

#[tokio::test]
async fn blocks_are_listed_by_how_often_they_fail() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let execution = app.create(&graph).await;
    // Seconds after the start of 2026.
    for number in 0..12 {
        for (node, failing) in [("work", 3), ("webhook", 6)] {
            let id = format!("{node}-{number}");
            let node = StoredNode {
                node: &graph.node(node),
                added: f64::from(number),
                ..StoredNode::default()
            };
            app.db.store_node(&execution, &id, &node).await;
            if number < failing {
                let sql = r#"UPDATE "AgentNodeExecution" SET "executionStatus" = 'FAILED' WHERE id = $1"#;
                app.db.execute(sql, &[&id]).await;
            }
        }
    }
    let range = "start_time=2026-01-01T00:00:00Z&end_time=2026-01-01T00:00:11Z";
    let expected = json!([
        { "block_id": "block-webhook", "block_name": "block-webhook", "total_executions": 12, "failed_executions": 6,
          "error_rate": 50.0 },
        { "block_id": "block-work", "block_name": "block-work", "total_executions": 12, "failed_executions": 3,
          "error_rate": 25.0 },
    ]);
    assert_eq!(monitor(&app, &format!("block-error-stats?{range}")).await, expected);
    assert_eq!(
        monitor(&app, &format!("block-error-stats?{range}&min_executions=13")).await,
        json!([])
    );
    // Both ends are part of the range.
    let short = "start_time=2026-01-01T00:00:01Z&end_time=2026-01-01T00:00:10Z";
    let blocks = monitor(&app, &format!("block-error-stats?{short}")).await;
    assert_eq!(
        (&blocks[0]["total_executions"], &blocks[0]["failed_executions"]),
        (&json!(10), &json!(5))
    );
    let ours = app
        .admin_for("bob")
        .get(&format!("/api/admin/block-error-stats?{range}"))
        .expect(200)
        .await;
    assert_eq!(ours.json(), json!([]));
    let wrong = "/api/admin/block-error-stats?start_time=2026-01-02T00:00:00Z&end_time=2026-01-01T00:00:00Z";
    app.admin.get(wrong).expect(422).await;
}

#[tokio::test]
async fn graphs_that_finish_often_are_listed_by_user() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    for (user, finished, running) in [("ann", 3, 5), ("bob", 4, 0), ("cid", 2, 9)] {
        for status in (0..finished).map(|_| "FAILED").chain((0..running).map(|_| "RUNNING")) {
            let item = json!({ "user_id": user, "graph_id": graph.id, "graph_version": 1, "status": status });
            app.service
                .post("/api/executions/batch")
                .json(&json!([item]))
                .expect(201)
                .await;
        }
    }
    let entry = |user: &str, count: u32| json!({ "graph_id": "weather", "user_id": user, "execution_count": count });
    assert_eq!(
        monitor(&app, "frequent-graphs?min_executions=3").await,
        json!([entry("bob", 4), entry("ann", 3)])
    );
    assert_eq!(monitor(&app, "frequent-graphs").await, json!([]));
    let query =
        r#"UPDATE "AgentGraphExecution" SET "createdAt" = "createdAt" - interval '10 days' WHERE "userId" = 'ann'"#;
    app.db.execute(query, &[]).await;
    assert_eq!(
        monitor(&app, "frequent-graphs?min_executions=3&days_back=9").await,
        json!([entry("bob", 4)])
    );
    let ours = app
        .admin_for("ann")
        .get("/api/admin/frequent-graphs?min_executions=1")
        .expect(200)
        .await;
    assert_eq!(ours.json(), json!([entry("ann", 3)]));
    app.admin
        .get("/api/admin/frequent-graphs?days_back=0")
        .expect(422)
        .await;
}

#[tokio::test]
async fn frequent_graphs_count_back_from_now() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    // A minute inside of the two days, and a minute outside.
    for (user, minutes) in [
        ("ann", 2 * 24 * 60 - 1),
        ("bob", 2 * 24 * 60 + 1),
        ("cid", 60),
        ("dan", 0),
    ] {
        let sql = r#"INSERT INTO "AgentGraphExecution" (id, "userId", "agentGraphId", "createdAt", "executionStatus")
            SELECT gen_random_uuid()::text, $1, $2, now() AT TIME ZONE 'UTC' - $3::int * interval '1 minute', status
            FROM unnest('{COMPLETED,FAILED,RUNNING}'::"AgentExecutionStatus"[]) AS status"#;
        app.db.execute(sql, &[&user, &graph.id, &minutes]).await;
    }
    let expected = |users: &[&str]| -> Value {
        let entry = |user: &&str| json!({ "graph_id": "weather", "user_id": user, "execution_count": 2 });
        users.iter().map(entry).collect()
    };
    let frequent = async |days: u32| monitor(&app, &format!("frequent-graphs?min_executions=2&days_back={days}")).await;
    assert_eq!(frequent(2).await, expected(&["ann", "cid", "dan"]));
    assert_eq!(frequent(1).await, expected(&["cid", "dan"]));
    assert_eq!(frequent(3).await, expected(&["ann", "bob", "cid", "dan"]));
    let twin = app.service.post("/rpc/get_frequently_executed_graphs");
    let twin = twin
        .json(&json!({ "days_back": 2, "min_executions": 2 }))
        .expect(200)
        .await
        .json();
    assert_eq!(twin, expected(&["ann", "cid", "dan"]));
    // While rollups are not complete, rows say the same.
    app.db
        .execute("INSERT INTO runledger.rollup_backfill (counted_to) VALUES ('')", &[])
        .await;
    assert_eq!(frequent(2).await, expected(&["ann", "cid", "dan"]));
}

#[tokio::test]
async fn what_waits_or_runs_for_too_long_is_listed() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let mut ids = Vec::new();
    for (status, minutes) in [
        ("QUEUED", 4),
        ("QUEUED", 6),
        ("RUNNING", 60 * 23),
        ("RUNNING", 60 * 25),
        ("COMPLETED", 60 * 25),
        ("QUEUED", 60 * 24 * 45),
        ("RUNNING", 60 * 24 * 40),
        ("RUNNING", 60 * 24 * 400),
    ] {
        let id = app.create_in(&graph, status).await;
        let sql = r#"UPDATE "AgentGraphExecution" SET "createdAt" = "createdAt" - $2::int * interval '1 minute',
            "updatedAt" = "updatedAt" - $2::int * interval '1 minute',
            "startedAt" = "startedAt" - $2::int * interval '1 minute' WHERE id = $1"#;
        app.db.execute(sql, &[&id, &minutes]).await;
        ids.push(id);
    }
    let late = monitor(&app, "late-executions").await;
    let found: Vec<_> = late
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["id"].as_str().unwrap())
        .collect();
    assert_eq!(found, [&ids[7], &ids[5], &ids[6], &ids[3], &ids[1]]);
    assert_eq!(late[4]["status"], "QUEUED");
    assert_eq!(
        app.admin_for("bob")
            .get("/api/admin/late-executions")
            .expect(200)
            .await
            .json(),
        json!([])
    );
}
