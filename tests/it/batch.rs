//! Imports: many executions at once, in any status, all of them or none.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use runledger_tests::{App, Graph, Request, STATUSES, is_terminal};
use serde_json::{Value, json};

const BATCH: &str = "/api/executions/batch";

fn item(graph: &Graph, status: &str) -> Value {
    json!({ "user_id": "ann", "graph_id": graph.id, "graph_version": graph.version, "status": status })
}

fn item_with(graph: &Graph, member: &str, value: Value) -> Value {
    let mut item = item(graph, "COMPLETED");
    item[member] = value;
    item
}

/// The same items as an array and as lines.
fn both_forms(app: &App, items: &[Value]) -> [Request; 2] {
    [
        app.service.post(BATCH).json(&json!(items)),
        app.service.post(BATCH).ndjson(items),
    ]
}

fn ids(reply: &runledger_tests::Reply) -> Vec<String> {
    reply.json()["ids"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn every_status_can_be_imported_from_an_array_or_from_lines() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let items: Vec<Value> = STATUSES.iter().map(|status| item(&graph, status)).collect();
    for request in both_forms(&app, &items) {
        let reply = request.expect(201).await;
        let ids = ids(&reply);
        assert_eq!(reply.json(), json!({ "ids": ids }));
        for (id, status) in ids.iter().zip(STATUSES) {
            let row = app.db.execution(id).await;
            assert_eq!(
                (&row["executionStatus"], &row["userId"]),
                (&json!(status), &json!("ann"))
            );
            assert_eq!(
                row["endedAt"].is_string(),
                is_terminal(status),
                "the end of a {status} one"
            );
            app.user("ann").get(&format!("/api/executions/{id}")).expect(200).await;
        }
    }
    assert_eq!(
        app.user("ann").get("/api/executions/count").expect(200).await.json()["count"],
        14
    );
}

#[tokio::test]
async fn everything_that_is_given_is_kept() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let items = json!([
        { "id": "older", "user_id": "ann", "graph_id": "weather", "graph_version": 1, "status": "RUNNING" },
        {
            "id": "imported", "user_id": "ann", "graph_id": "weather", "graph_version": 1, "status": "FAILED",
            "created_at": "2025-01-02T03:04:05.678Z", "started_at": "2025-01-02T05:04:06+02:00",
            "ended_at": "2025-01-02T03:05:05Z", "inputs": { "city": "Ghent" },
            "stats": { "duration": 60.5, "cost": 7, "mine": [1] }, "parent_graph_exec_id": "older",
            "node_executions": [
                {
                    "node_id": graph.node("output"), "status": "COMPLETED",
                    "input_data": { "name": "report", "value": "Rain" }, "output_data": { "output": ["Rain", null] },
                    "add_time": "2025-01-02T03:04:06.000Z", "queue_time": "2025-01-02T03:04:07.000Z",
                    "start_time": "2025-01-02T03:04:08.000Z", "end_time": "2025-01-02T03:04:09.000Z",
                },
                { "node_id": graph.node("work"), "status": "TERMINATED" },
                { "node_id": graph.node("work"), "status": "INCOMPLETE" },
            ],
        },
    ]);
    let reply = app.service.post(BATCH).json(&items).expect(201).await;
    assert_eq!(ids(&reply), ["older", "imported"]);
    let shown = app
        .user("ann")
        .get("/api/executions/imported?include_node_executions=true")
        .expect(200)
        .await
        .json();
    insta::assert_json_snapshot!("imported", shown, {
        ".updated_at" => "[time]", ".node_executions[].node_exec_id" => "[id]",
        ".node_executions[1].end_time" => "[time]",
    });
    assert_eq!(
        app.db.execution("imported").await["stats"],
        json!({ "walltime": 60.5, "cost": 7, "mine": [1] })
    );
}

#[tokio::test]
async fn one_bad_item_keeps_all_of_them_out_and_every_bad_one_is_pointed_at() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let of_bob = app.create_for(&graph, "bob").await;
    let stored = app.create(&graph).await;
    let before = app.db.snapshot().await;
    let good = item(&graph, "COMPLETED");
    let bad = |member: &str, value: Value| item_with(&graph, member, value);
    let node = |node: Value| {
        bad(
            "node_executions",
            json!([{ "node_id": graph.node("work"), "status": "QUEUED" }, node]),
        )
    };
    for (wrong, pointer) in [
        (bad("id", json!(stored)), "/id"),
        (bad("id", json!("")), "/id"),
        (bad("id", json!("a".repeat(129))), "/id"),
        (bad("user_id", json!("a\nb")), "/user_id"),
        (bad("user_id", Value::Null), "/user_id"),
        (bad("graph_version", json!(9)), "/graph_version"),
        (bad("graph_version", json!(-1)), "/graph_version"),
        (bad("graph_id", json!(7)), "/graph_id"),
        (bad("status", json!("DONE")), "/status"),
        (bad("created_at", json!("yesterday")), "/created_at"),
        (bad("inputs", json!([])), "/inputs"),
        (bad("stats", json!({ "cost": "much" })), "/stats/cost"),
        (
            bad("parent_graph_exec_id", json!("no-such-execution")),
            "/parent_graph_exec_id",
        ),
        (bad("parent_graph_exec_id", json!(of_bob)), "/parent_graph_exec_id"),
        (bad("bogus", json!(1)), "/bogus"),
        (
            node(json!({ "node_id": "no-such-node", "status": "QUEUED" })),
            "/node_executions/1/node_id",
        ),
        (
            node(json!({ "node_id": graph.node("work"), "status": "?" })),
            "/node_executions/1/status",
        ),
        (
            node(json!({ "node_id": graph.node("work"), "status": "QUEUED", "x": 1 })),
            "/node_executions/1/x",
        ),
    ] {
        for request in both_forms(&app, &[good.clone(), wrong.clone(), good.clone()]) {
            request.expect(422).await.expect_pointers(&[&format!("/1{pointer}")]);
        }
    }
    let two = [
        bad("parent_graph_exec_id", json!("nobody")),
        good.clone(),
        bad("graph_version", json!(9)),
    ];
    for request in both_forms(&app, &two) {
        request
            .expect(422)
            .await
            .expect_pointers(&["/0/parent_graph_exec_id", "/2/graph_version"]);
    }
    let twice = [bad("id", json!("same")), good, bad("id", json!("same"))];
    for request in both_forms(&app, &twice) {
        request.expect(422).await.expect_pointers(&["/2/id"]);
    }
    app.db.expect_unchanged(&before, "a refused import").await;
}

#[tokio::test]
async fn an_import_may_be_packed_with_gzip() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let items = json!([item(&graph, "COMPLETED"), item(&graph, "FAILED")]);
    let pack = |text: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let send = |packed: Vec<u8>| {
        let post = app.service.post(BATCH).header("content-encoding", "gzip");
        post.body("application/json", packed)
    };
    assert_eq!(ids(&send(pack(&items.to_string())).expect(201).await).len(), 2);
    let before = app.db.snapshot().await;
    // 20 MB of spaces are 20 kB on the wire.
    let bomb = format!("{}{items}", " ".repeat(20_000_000));
    send(pack(&bomb)).expect(413).await;
    send(items.to_string().into_bytes()).expect(400).await;
    let mut cut = pack(&items.to_string());
    cut.truncate(cut.len() / 2);
    send(cut).expect(400).await;
    let other = app.service.post(BATCH).header("content-encoding", "br");
    let refused = other.json(&items).expect(415).await;
    assert_eq!(refused.header("accept-encoding"), Some("gzip, identity"));
    app.db
        .expect_unchanged(&before, "packed bodies that cannot be taken")
        .await;
}

#[tokio::test]
async fn an_import_has_1_to_1000_items() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let items = vec![item(&graph, "COMPLETED"); 1001];
    for (number, status) in [(0, 422), (1001, 422), (1000, 201)] {
        for request in both_forms(&app, &items[..number]) {
            request.expect(status).await;
        }
    }
    assert_eq!(
        app.user("ann").get("/api/executions/count").expect(200).await.json()["count"],
        2000
    );
}

#[tokio::test]
async fn lines_may_be_empty_and_a_broken_one_is_malformed() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let line = item(&graph, "COMPLETED").to_string();
    let send = |body: String| app.service.post(BATCH).body("application/x-ndjson", body);
    for body in [
        format!("{line}\n\n{line}"),
        format!("{line}\r\n{line}\r\n"),
        format!("\n{line}\n{line}\n\n"),
    ] {
        assert_eq!(ids(&send(body).expect(201).await).len(), 2);
    }
    let before = app.db.snapshot().await;
    for body in [
        format!("{line}\n{{"),
        format!("{line} {line}"),
        format!("{line}\nnot json\n{line}"),
    ] {
        send(body).expect(400).await;
    }
    send(format!("[{line}]")).expect(422).await;
    app.service
        .post(BATCH)
        .body("application/json", line.clone())
        .expect(422)
        .await;
    app.service
        .post(BATCH)
        .body("application/json", format!("{line}\n{line}"))
        .expect(400)
        .await;
    app.service.post(BATCH).body("text/plain", line).expect(415).await;
    app.db.expect_unchanged(&before, "a malformed import").await;
}

#[tokio::test]
async fn an_import_for_one_user_may_hold_only_that_users_items() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let mut of_bob = item(&graph, "COMPLETED");
    of_bob["user_id"] = json!("bob");
    let mixed = json!([item(&graph, "COMPLETED"), of_bob]);
    app.service_for("ann")
        .post(BATCH)
        .json(&mixed)
        .expect(422)
        .await
        .expect_pointers(&["/1/user_id"]);
    assert_eq!(
        app.db
            .number(r#"SELECT count(*) FROM "AgentGraphExecution""#, &[])
            .await,
        0
    );
    app.service.post(BATCH).json(&mixed).expect(201).await;
    app.service_for("bob")
        .post(BATCH)
        .json(&json!([of_bob]))
        .expect(201)
        .await;
}

#[tokio::test]
async fn of_racing_imports_of_one_id_one_is_stored() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let items = json!([item_with(&graph, "id", json!("same")), item(&graph, "FAILED")]);
    let replies = futures::future::join_all((0..12).map(|_| app.service.post(BATCH).json(&items).send())).await;
    let statuses: Vec<u16> = replies
        .into_iter()
        .map(|reply| reply.expect("an answer").status)
        .collect();
    assert_eq!(
        statuses.iter().filter(|status| **status == 201).count(),
        1,
        "{statuses:?}"
    );
    assert!(
        statuses.iter().all(|status| matches!(status, 201 | 409 | 422)),
        "{statuses:?}"
    );
    assert_eq!(
        app.db
            .number(r#"SELECT count(*) FROM "AgentGraphExecution""#, &[])
            .await,
        2,
        "all or nothing"
    );
}
