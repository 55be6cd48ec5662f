//! The data service: the seed's methods, by their names, with their arguments, answers and exceptions.

use runledger_tests::{App, Graph, OUTPUT_BLOCK, Reply, Request};
use serde_json::{Value, json};

const DAY: [&str; 2] = ["2020-01-01T00:00:00.123456+00:00", "2100-01-01T00:00:00Z"];

fn call(app: &App, method: &str, arguments: &Value) -> Request {
    app.service.post(&format!("/rpc/{method}")).json(arguments)
}

pub(crate) async fn ask(app: &App, method: &str, arguments: Value) -> Value {
    call(app, method, &arguments).expect(200).await.json()
}

/// The exception that a call raises: its status, its name, and its message.
pub(crate) async fn raised(app: &App, method: &str, arguments: Value) -> (u16, String, String) {
    let reply = call(app, method, &arguments).send().await.unwrap();
    exception(&reply)
}

pub(crate) fn exception(reply: &Reply) -> (u16, String, String) {
    let error = reply.json();
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{reply}")).to_owned();
    (reply.status, text(&error["type"]), text(&error["args"][0]))
}

pub(crate) fn starts(graph: &Graph) -> Value {
    json!({
        "graph_id": graph.id, "graph_version": graph.version, "user_id": graph.owner,
        "starting_nodes_input": [[graph.node("work"), { "city": "Ghent" }]],
        "inputs": { "city": "Ghent" },
        "preset_id": null, "credential_inputs": null, "nodes_input_masks": null, "parent_graph_exec_id": null,
    })
}

pub(crate) async fn start(app: &App, graph: &Graph) -> String {
    let created = ask(app, "create_graph_execution", starts(graph)).await;
    created["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_execution_lives_by_the_seeds_methods_alone() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let created = ask(&app, "create_graph_execution", starts(&graph)).await;
    assert_eq!(
        (&created["status"], &created["user_id"]),
        (&json!("INCOMPLETE"), &json!("ann"))
    );
    let first = &created["node_executions"][0];
    assert_eq!(
        (&first["status"], &first["input_data"]),
        (&json!("QUEUED"), &json!({ "city": "Ghent" }))
    );
    let id = created["id"].as_str().unwrap();

    let started = ask(
        &app,
        "update_graph_execution_start_time",
        json!({ "graph_exec_id": id }),
    )
    .await;
    assert_eq!(started["status"], "RUNNING");
    assert!(started["started_at"].is_string());

    // A pair: the node execution, and its inputs.
    let name = json!({
        "node_id": graph.node("output"), "graph_exec_id": id, "input_name": "name", "input_data": "sky",
    });
    let given = ask(&app, "upsert_execution_input", name).await;
    assert_eq!(given[1], json!({ "name": "sky" }));
    let node = given[0]["node_exec_id"].as_str().unwrap().to_owned();
    let more = json!({
        "node_id": graph.node("output"), "graph_exec_id": id, "input_name": "value", "input_data": [1, null],
        "node_exec_id": node,
    });
    let given = ask(&app, "upsert_execution_input", more.clone()).await;
    assert_eq!(given.as_array().map(Vec::len), Some(2));
    assert_eq!(given[1], json!({ "name": "sky", "value": [1, null] }));
    let (status, kind, _) = raised(&app, "upsert_execution_input", more).await;
    assert_eq!((status, &*kind), (400, "ValueError"), "it has this input already");

    let queued = json!({ "node_exec_id": node, "status": "QUEUED" });
    assert_eq!(
        raised(&app, "update_node_execution_status", queued.clone()).await.1,
        "ValueError"
    );
    let mut queued = queued;
    queued["execution_data"] = json!({ "name": "sky", "value": "blue" });
    let waiting = ask(&app, "update_node_execution_status", queued.clone()).await;
    assert_eq!(
        (&waiting["status"], &waiting["block_id"]),
        (&json!("QUEUED"), &json!(OUTPUT_BLOCK))
    );
    let moved = json!({ "node_exec_ids": [node, "no-such"], "status": "RUNNING", "stats": { "walltime": 1.5 } });
    assert_eq!(
        ask(&app, "update_node_execution_status_batch", moved.clone()).await,
        json!(1)
    );
    assert_eq!(ask(&app, "update_node_execution_status_batch", moved).await, json!(0));
    assert_eq!(
        ask(
            &app,
            "update_node_execution_status_batch",
            json!({ "node_exec_ids": [], "status": "RUNNING" })
        )
        .await,
        json!(0)
    );

    let sun = json!({ "node_exec_id": node, "output_name": "sun", "output_data": { "hours": 9 } });
    assert_eq!(ask(&app, "upsert_execution_output", sun).await, Value::Null);
    let nothing = json!({ "node_exec_id": node, "output_name": "rain", "output_data": null });
    assert_eq!(ask(&app, "upsert_execution_output", nothing).await, Value::Null);
    let outputs = ask(
        &app,
        "get_execution_outputs_by_node_exec_id",
        json!({ "node_exec_id": node }),
    )
    .await;
    assert_eq!(outputs, json!({ "sun": { "hours": 9 } }));

    let done = json!({ "node_exec_id": node, "status": "COMPLETED" });
    let ended = ask(&app, "update_node_execution_status", done).await;
    assert!(ended["end_time"].is_string());
    // One that may not move is answered as it stands.
    queued["execution_data"] = json!({ "name": "late" });
    assert_eq!(ask(&app, "update_node_execution_status", queued).await, ended);
    assert_eq!(
        ask(&app, "get_node_execution", json!({ "node_exec_id": node })).await,
        ended
    );
    let latest = json!({ "node_id": graph.node("output"), "graph_eid": id });
    assert_eq!(ask(&app, "get_latest_node_execution", latest).await, ended);

    let end = json!({
        "graph_exec_id": id, "status": "COMPLETED", "stats": { "cost": 12, "walltime": 2.5, "error": null },
    });
    let finished = ask(&app, "update_graph_execution_stats", end).await;
    assert_eq!(
        (&finished["status"], &finished["stats"]["duration"]),
        (&json!("COMPLETED"), &json!(2.5))
    );
    assert_eq!(finished["outputs"], json!({ "sky": ["blue"] }));
    let late = json!({ "graph_exec_id": id, "status": "RUNNING", "stats": { "cost": 99 } });
    assert_eq!(ask(&app, "update_graph_execution_stats", late).await, finished);
    let (status, kind, _) = raised(
        &app,
        "update_graph_execution_start_time",
        json!({ "graph_exec_id": id }),
    )
    .await;
    assert_eq!(
        (status, &*kind),
        (400, "ValueError"),
        "what has completed does not start"
    );

    let whole = json!({ "user_id": "ann", "execution_id": id, "include_node_executions": true });
    let whole = ask(&app, "get_graph_execution", whole).await;
    assert_eq!(whole["node_executions"].as_array().map(Vec::len), Some(2));
    let alone = ask(
        &app,
        "get_graph_execution",
        json!({ "user_id": "ann", "execution_id": id }),
    )
    .await;
    assert_eq!(alone, finished);
    let path = format!("/api/executions/{id}");
    assert_eq!(app.user("ann").get(&path).expect(200).await.json(), alone);
}

#[tokio::test]
async fn executions_are_listed_counted_and_paged_as_the_seed_does() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.insert(0, start(&app, &graph).await);
    }
    let mut child = starts(&graph);
    child["parent_graph_exec_id"] = json!(ids[0]);
    let child = ask(&app, "create_graph_execution", child).await["id"].clone();
    ask(
        &app,
        "update_graph_execution_start_time",
        json!({ "graph_exec_id": ids[1] }),
    )
    .await;

    let listed = |arguments: Value| {
        let app = &app;
        async move {
            let list = ask(app, "get_graph_executions", arguments).await;
            let list = list.as_array().unwrap().clone();
            list.into_iter()
                .map(|row| row["id"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        }
    };
    let child = child.as_str().unwrap().to_owned();
    let all = vec![child.clone(), ids[0].clone(), ids[1].clone(), ids[2].clone()];
    assert_eq!(listed(json!({})).await, all);
    assert_eq!(
        listed(json!({ "user_id": "ann", "statuses": [], "limit": null })).await,
        all
    );
    assert_eq!(listed(json!({ "limit": 2 })).await, all[..2]);
    assert_eq!(listed(json!({ "statuses": ["RUNNING"] })).await, [ids[1].clone()]);
    assert_eq!(listed(json!({ "graph_exec_id": ids[2] })).await, [ids[2].clone()]);
    assert_eq!(
        listed(json!({ "graph_exec_id": ids[2], "user_id": "ann", "graph_id": "weather" })).await,
        [ids[2].clone()]
    );
    for none in [
        json!({ "user_id": "bob" }),
        json!({ "graph_id": "other" }),
        json!({ "graph_version": 2 }),
        json!({ "graph_exec_id": ids[2], "statuses": ["FAILED"] }),
        json!({ "graph_exec_id": ids[2], "user_id": "bob" }),
        json!({ "created_time_lte": DAY[0] }),
        json!({ "created_time_gte": DAY[1] }),
    ] {
        assert_eq!(listed(none.clone()).await, Vec::<String>::new(), "{none}");
    }
    let count = json!({ "user_id": "ann", "created_time_gte": DAY[0], "created_time_lte": DAY[1] });
    assert_eq!(ask(&app, "get_graph_executions_count", count).await, json!(4));
    let children = ask(&app, "get_child_graph_executions", json!({ "parent_exec_id": ids[0] })).await;
    assert_eq!(
        (children.as_array().map(Vec::len), &children[0]["id"]),
        (Some(1), &json!(child))
    );

    let page = json!({ "user_id": "ann", "page": 2, "page_size": 3 });
    let page = ask(&app, "get_graph_executions_paginated", page).await;
    assert_eq!(page["executions"][0]["id"], json!(ids[2]));
    assert_eq!(
        page["pagination"],
        json!({ "total_items": 4, "total_pages": 2, "current_page": 2, "page_size": 3 })
    );
    let one = json!({ "user_id": "ann", "execution_id": child });
    assert_eq!(
        ask(&app, "get_graph_execution_meta", one).await["parent_graph_exec_id"],
        json!(ids[0])
    );

    let nodes = ask(
        &app,
        "get_node_executions",
        json!({ "graph_exec_id": ids[0], "include_exec_data": false }),
    )
    .await;
    assert_eq!(
        (nodes.as_array().map(Vec::len), &nodes[0]["input_data"]),
        (Some(1), &json!({}))
    );
    let nodes = json!({ "block_ids": ["block-work"], "statuses": ["QUEUED"], "limit": 2 });
    let nodes = ask(&app, "get_node_executions", nodes).await;
    assert_eq!(nodes.as_array().map(Vec::len), Some(2));

    let gone = json!({ "graph_exec_id": child, "user_id": "ann" });
    assert_eq!(ask(&app, "delete_graph_execution", gone.clone()).await, Value::Null);
    assert_eq!(
        ask(&app, "delete_graph_execution", gone).await,
        Value::Null,
        "as the seed does"
    );
    let none = json!({ "graph_exec_id": "no-such", "user_id": "ann" });
    let (status, kind, _) = raised(&app, "delete_graph_execution", none).await;
    assert_eq!((status, &*kind), (500, "DatabaseError"));
    let hard = json!({ "graph_exec_id": ids[2], "user_id": "ann", "soft_delete": false });
    assert_eq!(ask(&app, "delete_graph_execution", hard).await, Value::Null);
    assert_eq!(listed(json!({})).await, all[1..3]);
}

#[tokio::test]
async fn what_is_not_there_is_null() {
    let app = App::start().await;
    for (method, arguments) in [
        (
            "get_graph_execution_meta",
            json!({ "user_id": "ann", "execution_id": "x" }),
        ),
        ("get_graph_execution", json!({ "user_id": "ann", "execution_id": "x" })),
        (
            "get_graph_execution",
            json!({ "user_id": "ann", "execution_id": "x", "include_node_executions": true }),
        ),
        ("update_graph_execution_start_time", json!({ "graph_exec_id": "x" })),
        ("get_node_execution", json!({ "node_exec_id": "x" })),
        ("get_latest_node_execution", json!({ "node_id": "n", "graph_eid": "x" })),
        ("get_execution_kv_data", json!({ "user_id": "ann", "key": "k" })),
        ("get_graph_execution_by_share_token", json!({ "share_token": "t" })),
        (
            "get_graph_execution_by_share_token",
            json!({ "share_token": "no token at all!" }),
        ),
    ] {
        assert_eq!(ask(&app, method, arguments).await, Value::Null, "{method}");
    }
    let (status, kind, _) = raised(
        &app,
        "update_graph_execution_stats",
        json!({ "graph_exec_id": "x", "stats": {} }),
    )
    .await;
    assert_eq!((status, &*kind), (500, "RecordNotFoundError"));
    let missing = json!({ "node_exec_id": "x", "status": "RUNNING" });
    assert_eq!(
        raised(&app, "update_node_execution_status", missing).await.1,
        "ValueError"
    );
}

#[tokio::test]
async fn values_are_kept_and_links_are_set() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = start(&app, &graph).await;
    for value in [json!("red"), json!({ "deep": [1, 2.5, "x"] }), json!(0), Value::Null] {
        let kept = json!({ "user_id": "ann", "node_exec_id": "a-node", "key": "colour", "data": value });
        assert_eq!(ask(&app, "set_execution_kv_data", kept).await, value);
        let key = json!({ "user_id": "ann", "key": "colour" });
        assert_eq!(ask(&app, "get_execution_kv_data", key).await, value);
    }

    let token = "0f8fad5b-d9cb-469f-a165-70867728950e";
    let shared = json!({
        "execution_id": id, "user_id": "ann", "is_shared": true, "share_token": token,
        "shared_at": "2026-02-01T10:00:00+01:00",
    });
    assert_eq!(
        ask(&app, "update_graph_execution_share_status", shared).await,
        Value::Null
    );
    let result = ask(
        &app,
        "get_graph_execution_by_share_token",
        json!({ "share_token": token }),
    )
    .await;
    assert_eq!(
        (&result["id"], &result["graph_name"]),
        (&json!(id), &json!("The graph weather"))
    );
    let public = format!("/api/public/shared/{token}");
    assert_eq!(app.anonymous.get(&public).expect(200).await.json(), result);
    let stored = app.db.execution(&id).await["sharedAt"].clone();
    assert_eq!(stored, "2026-02-01T09:00:00");

    let short = json!({ "execution_id": id, "user_id": "ann", "is_shared": true, "share_token": "guess-me" });
    let (status, _, message) = raised(&app, "update_graph_execution_share_status", short).await;
    assert!(status == 400 && message.contains("guessed"), "{message}");
    let without = json!({ "execution_id": id, "user_id": "ann", "is_shared": true, "share_token": null });
    assert_eq!(
        raised(&app, "update_graph_execution_share_status", without).await.0,
        400
    );
    let ended = json!({
        "execution_id": id, "user_id": "ann", "is_shared": false, "share_token": null, "shared_at": null,
    });
    assert_eq!(
        ask(&app, "update_graph_execution_share_status", ended).await,
        Value::Null
    );
    app.anonymous.get(&public).expect(404).await;
    let foreign =
        json!({ "execution_id": id, "user_id": "bob", "is_shared": false, "share_token": null, "shared_at": null });
    assert_eq!(
        raised(&app, "update_graph_execution_share_status", foreign).await.1,
        "RecordNotFoundError"
    );
}

#[tokio::test]
async fn credits_are_spent_by_the_seeds_methods() {
    let app = App::start().await;
    let given = json!({ "user_id": "ann", "amount": 100 });
    app.service.post("/api/credits/grants").json(&given).expect(200).await;
    assert_eq!(ask(&app, "get_credits", json!({ "user_id": "ann" })).await, json!(100));
    let spent = json!({ "user_id": "ann", "cost": 30, "metadata": { "graph_exec_id": "x", "block": "weather" } });
    let once = call(&app, "spend_credits", &spent).key("k").expect(200).await;
    assert_eq!(once.json(), json!(70));
    let again = call(&app, "spend_credits", &spent).key("k").expect(200).await;
    assert_eq!(
        (again.json(), again.header("idempotency-replayed")),
        (json!(70), Some("true"))
    );
    let before = app.db.snapshot().await;
    let short = call(
        &app,
        "spend_credits",
        &json!({ "user_id": "ann", "cost": 71, "metadata": {} }),
    )
    .expect(400)
    .await
    .json();
    assert_eq!(short["type"], "InsufficientBalanceError");
    assert_eq!(
        short["args"].as_array().unwrap()[1..],
        [json!("ann"), json!(70), json!(71)]
    );
    app.db.expect_unchanged(&before, "a shortfall").await;
}

#[tokio::test]
async fn reports_have_the_seeds_shapes() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    for (status, score) in [("COMPLETED", 0.5), ("FAILED", 0.25)] {
        for _ in 0..5 {
            let id = start(&app, &graph).await;
            ask(
                &app,
                "update_graph_execution_start_time",
                json!({ "graph_exec_id": id }),
            )
            .await;
            let nodes = ask(&app, "get_node_executions", json!({ "graph_exec_id": id })).await;
            for to in ["RUNNING", status] {
                let moved = json!({ "node_exec_ids": [nodes[0]["node_exec_id"]], "status": to });
                assert_eq!(ask(&app, "update_node_execution_status_batch", moved).await, json!(1));
            }
            let stats = json!({
                "graph_exec_id": id, "status": status, "stats": { "cost": 10, "correctness_score": score },
            });
            ask(&app, "update_graph_execution_stats", stats).await;
        }
    }
    let time = json!({ "start_time": DAY[0], "end_time": DAY[1] });
    assert_eq!(
        ask(&app, "get_block_error_stats", time).await,
        json!([{ "block_id": "block-work", "total_executions": 10, "failed_executions": 5 }])
    );
    assert_eq!(
        ask(&app, "get_frequently_executed_graphs", json!({})).await,
        json!([{ "graph_id": "weather", "user_id": "ann", "execution_count": 10 }])
    );
    let summary = json!({ "user_id": "ann", "start_time": DAY[0], "end_time": DAY[1] });
    let summary = ask(&app, "get_user_execution_summary_data", summary).await;
    assert_eq!(
        (&summary["total_executions"], &summary["failed_runs"]),
        (&json!(10), &json!(5))
    );
    assert_eq!(summary["cost_breakdown"], json!({ "The graph weather": 1.0 }));
    let trends = json!({ "graph_id": "weather", "days_back": 7, "user_id": null, "include_historical": true });
    let trends = ask(&app, "get_accuracy_trends_and_alerts", trends).await;
    assert_eq!(trends["latest_data"]["daily_score"], json!(37.5));
    assert_eq!(trends["historical_data"].as_array().map(Vec::len), Some(1));
    let backwards = json!({ "user_id": "ann", "start_time": DAY[1], "end_time": DAY[0] });
    assert_eq!(
        raised(&app, "get_user_execution_summary_data", backwards).await.1,
        "ValueError"
    );
}

#[tokio::test]
async fn a_method_that_writes_happens_once_for_a_key_and_answers_the_same() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let once = async |method: &str, arguments: &Value, is_replayed: bool| {
        let reply = call(&app, method, arguments).key("k").expect(200).await;
        let header = reply.header("idempotency-replayed");
        assert_eq!(header, is_replayed.then_some("true"), "{method}: {reply}");
        reply.json()
    };
    let created = once("create_graph_execution", &starts(&graph), false).await;
    assert_eq!(once("create_graph_execution", &starts(&graph), true).await, created);
    assert_eq!(
        ask(&app, "get_graph_executions", json!({}))
            .await
            .as_array()
            .map(Vec::len),
        Some(1)
    );

    // An illegal move answers the record as it stands: the same again, whatever became of it since.
    let id = created["id"].as_str().unwrap();
    let change = json!({ "graph_exec_id": id, "status": "COMPLETED" });
    let refused = call(&app, "update_graph_execution_stats", &change)
        .key("m")
        .expect(200)
        .await;
    assert_eq!(refused.json()["status"], "INCOMPLETE", "{refused}");
    ask(
        &app,
        "update_graph_execution_start_time",
        json!({ "graph_exec_id": id }),
    )
    .await;
    let again = call(&app, "update_graph_execution_stats", &change)
        .key("m")
        .expect(200)
        .await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"), "{again}");
    assert_eq!(again.json()["status"], "INCOMPLETE", "{again}");
}

#[tokio::test]
async fn a_method_that_there_is_not_and_a_caller_who_may_not_get_the_same_form() {
    let app = App::start().await;
    assert_eq!(ask(&app, "health_check", json!({})).await, json!("OK"));
    let none = app
        .service
        .post("/rpc/drop_all_tables")
        .json(&json!({}))
        .expect(404)
        .await;
    assert_eq!(exception(&none).1, "NotFoundError");
    let bare = app.service.post("/rpc").json(&json!({})).expect(404).await;
    assert_eq!(exception(&bare).1, "NotFoundError");
    let got = app.service.get("/rpc/get_credits").expect(405).await;
    assert_eq!(
        (exception(&got).1.as_str(), got.header("allow")),
        ("NotFoundError", Some("POST"))
    );
    let user = app.user("ann").post("/rpc/get_credits");
    let refused = user.json(&json!({ "user_id": "ann" })).expect(403).await;
    assert_eq!(exception(&refused).1, "NotAuthorizedError");
    let anonymous = app
        .anonymous
        .post("/rpc/health_check")
        .json(&json!({}))
        .expect(401)
        .await;
    assert_eq!(exception(&anonymous).1, "NotAuthorizedError");
}

#[tokio::test]
async fn a_list_beyond_the_budget_is_refused_rather_than_cut() {
    let app = App::builder().variable("max_response_bytes", "1048576").start().await;
    let graph = app.graph("weather", "ann").await;
    let id = start(&app, &graph).await;
    let more = r#"INSERT INTO "AgentGraphExecution"
        (id, "createdAt", "updatedAt", "executionStatus", "agentGraphId", "agentGraphVersion", "userId")
        SELECT 'copy-' || n, "createdAt", "updatedAt", "executionStatus", "agentGraphId", "agentGraphVersion", "userId"
        FROM "AgentGraphExecution", generate_series(1, $2::int) n WHERE id = $1"#;
    app.db.execute(more, &[&id, &2000_i32]).await;
    let (status, kind, message) = raised(&app, "get_graph_executions", json!({ "user_id": "ann" })).await;
    assert_eq!((status, &*kind), (400, "ValueError"));
    assert!(message.contains("max_response_bytes"), "{message}");
    let some = json!({ "user_id": "ann", "limit": 500 });
    let some = ask(&app, "get_graph_executions", some).await;
    assert_eq!(some.as_array().map(Vec::len), Some(500));
}
