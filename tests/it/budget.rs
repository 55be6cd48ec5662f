//! No answer is larger than `max_response_bytes`: lists end early and carry on by cursor, records say what was left out of
//! them and where it is.

use runledger_tests::{App, Client, Graph, Reply, StoredNode};
use serde_json::{Value, json};

const BUDGET: usize = 1 << 20;

async fn app() -> App {
    App::builder()
        .variable("max_response_bytes", &BUDGET.to_string())
        .start()
        .await
}

/// Text of this length as the JSON of a value; compressed where it is stored.
fn text(length: usize) -> Value {
    "ab".repeat(length / 2).into()
}

async fn get(client: &Client, path: &str) -> Value {
    within(&client.get(path).expect(200).await)
}

fn within(reply: &Reply) -> Value {
    assert!(reply.body.len() <= BUDGET, "{} bytes\n", reply.body.len());
    reply.json()
}

/// The ids of a list that is read by cursor to its end, and the number of its parts.
async fn walk(client: &Client, path: &str, rows: &str, id: &str) -> (Vec<String>, usize) {
    let (mut ids, mut parts, mut next) = (Vec::new(), 0, String::new());
    let sign = if path.contains('?') { '&' } else { '?' };
    loop {
        let part = get(client, &format!("{path}{sign}limit=100{next}")).await;
        let rows = part[rows].as_array().expect("rows");
        assert!(!rows.is_empty(), "a part that is not the end has rows");
        ids.extend(rows.iter().map(|row| row[id].as_str().unwrap().to_owned()));
        parts += 1;
        match part["next_cursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return (ids, parts),
        }
    }
}

/// Copies of an execution with these inputs, older each; a hundred of them and the first one.
async fn many_executions(app: &App, graph: &Graph, inputs: &Value) -> String {
    let first = app.create(graph).await;
    let copies = r#"INSERT INTO "AgentGraphExecution"
        (id, "createdAt", "updatedAt", "executionStatus", "agentGraphId", "agentGraphVersion", "userId", inputs,
            "parentGraphExecutionId")
        SELECT 'copy-' || n, "createdAt" - n * interval '1 second', "updatedAt", "executionStatus", "agentGraphId",
            "agentGraphVersion", "userId", $2::text::jsonb, id
        FROM "AgentGraphExecution", generate_series(1, 30) n WHERE id = $1"#;
    app.db.execute(copies, &[&first, &inputs.to_string()]).await;
    first
}

/// Copies of a node execution's data: nodes of a run, each with so many outputs of this value.
async fn many_nodes(app: &App, graph: &Graph, run: &str, nodes: i32, outputs: i32, value: &Value) {
    let sql = r#"INSERT INTO "AgentNodeExecution"
        (id, "agentGraphExecutionId", "agentNodeId", "executionStatus", "addedTime", "queuedTime")
        SELECT 'node-' || n, $1, $2, 'COMPLETED', now() + n * interval '1 second', now() - n * interval '1 second'
        FROM generate_series(1, $3) n"#;
    app.db.execute(sql, &[&run, &graph.node("work"), &nodes]).await;
    let sql = r#"INSERT INTO "AgentNodeExecutionInputOutput" (id, name, data, time, "referencedByOutputExecId")
        SELECT 'value-' || n || '-' || o, 'out' || o, $3::text::jsonb, now() + o * interval '1 second', 'node-' || n
        FROM generate_series(1, $1) n, generate_series(1, $2) o"#;
    app.db.execute(sql, &[&nodes, &outputs, &value.to_string()]).await;
}

#[tokio::test]
async fn lists_of_executions_end_early_and_lose_nothing() {
    let app = app().await;
    let graph = app.graph("weather", "ann").await;
    let parent = many_executions(&app, &graph, &json!({ "a": text(100_000) })).await;
    let ann = app.user("ann");
    for (path, count) in [
        ("/api/executions".to_owned(), 31),
        ("/api/graphs/weather/executions".to_owned(), 31),
        (format!("/api/executions/{parent}/children"), 30),
    ] {
        let (ids, parts) = walk(&ann, &path, "executions", "id").await;
        assert!((3..=8).contains(&parts), "{parts} parts");
        let mut expected: Vec<String> = (1..=30).map(|n| format!("copy-{n}")).collect();
        if count == 31 {
            expected.insert(0, parent.clone());
        }
        assert_eq!(ids, expected, "{path}");
    }
    // A page has all of its rows; those for which there is no room come without their values, and say so.
    let page = get(&ann, "/api/executions?page=1&page_size=50").await;
    let rows = page["executions"].as_array().unwrap();
    assert_eq!((rows.len(), &page["pagination"]["total_items"]), (31, &json!(31)));
    assert_eq!(rows[1]["inputs"]["a"], text(100_000));
    assert_eq!(rows[1].get("truncated"), None);
    assert_eq!(rows[30]["truncated"]["data"], "/api/executions/copy-30/data");
    assert!(rows[30]["inputs"]["$truncated"]["stored_bytes"].is_u64());
}

#[tokio::test]
async fn rows_that_are_too_large_by_themselves_are_cut_and_hold_up_nobody() {
    let app = app().await;
    let graph = app.graph("weather", "ann").await;
    many_executions(&app, &graph, &json!({ "a": text(2_000_000) })).await;
    let ann = app.user("ann");
    let (ids, _) = walk(&ann, "/api/executions", "executions", "id").await;
    assert_eq!(ids.len(), 31);
    let one = get(&ann, "/api/executions/copy-7").await;
    assert_eq!(one["truncated"]["data"], "/api/executions/copy-7/data");
    let whole = ann.get(one["truncated"]["data"].as_str().unwrap()).expect(200).await;
    let lines = lines(&whole);
    assert_eq!(lines[0]["source"], "inputs");
    assert_eq!(lines[0]["value"], json!({ "a": text(2_000_000) }));
    assert_eq!(lines.last(), Some(&json!({ "values": lines.len() - 1 })));
}

fn lines(reply: &Reply) -> Vec<Value> {
    assert_eq!(reply.header("content-type"), Some("application/x-ndjson"));
    let text = std::str::from_utf8(&reply.body).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn lists_of_nodes_end_early_and_lose_nothing() {
    let app = app().await;
    let graph = app.graph("weather", "ann").await;
    let run = app.create(&graph).await;
    many_nodes(&app, &graph, &run, 30, 2, &text(50_000)).await;
    let ann = app.user("ann");
    let path = format!("/api/node-executions?graph_exec_id={run}");
    let (ids, parts) = walk(&ann, &path, "node_executions", "node_exec_id").await;
    assert!((3..=8).contains(&parts), "{parts} parts");
    let expected: Vec<String> = (1..=30).rev().map(|n| format!("node-{n}")).collect();
    assert_eq!(ids[..30], expected);
    assert_eq!(ids.len(), 31);
    let (ids, parts) = walk(
        &ann,
        &format!("{path}&include_exec_data=false"),
        "node_executions",
        "node_exec_id",
    )
    .await;
    assert_eq!((ids.len(), parts), (31, 1));

    // A run with its nodes carries on in the list of its nodes.
    let with_nodes = get(&ann, &format!("/api/executions/{run}?include_node_executions=true")).await;
    let shown: Vec<&str> = with_nodes["node_executions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["node_exec_id"].as_str().unwrap())
        .collect();
    assert!((1..10).contains(&shown.len()));
    // The newest, in queue order.
    assert_eq!(shown[..], expected[..shown.len()]);
    let cursor = with_nodes["next_node_cursor"].as_str().expect("there are more");
    let rest = get(&ann, &format!("{path}&cursor={cursor}&limit=1")).await;
    assert_eq!(
        rest["node_executions"][0]["node_exec_id"],
        expected[shown.len()].as_str()
    );
}

#[tokio::test]
async fn one_node_is_cut_says_so_and_can_be_read_whole() {
    let app = app().await;
    let graph = app.graph("weather", "ann").await;
    let run = app.create(&graph).await;
    // Characters of several bytes, and more than one piece of the stream.
    let large: Value = "é€\u{1f327}\"\n".repeat(400_000).into();
    many_nodes(&app, &graph, &run, 1, 3, &text(300_000)).await;
    let ann = app.user("ann");
    let service = &app.service;
    app.db
        .execute(
            r#"UPDATE "AgentNodeExecutionInputOutput" SET data = $1::text::jsonb WHERE name = 'out2'"#,
            &[&large.to_string()],
        )
        .await;
    // After the one that the run began with.
    let queued = r#"UPDATE "AgentNodeExecution" SET "queuedTime" = now() + interval '1 hour' WHERE id = 'node-1'"#;
    app.db.execute(queued, &[]).await;
    let latest = format!("/api/executions/{run}/nodes/{}/latest", graph.node("work"));
    for path in ["/api/node-executions/node-1", &latest] {
        let node = get(&ann, path).await;
        assert_eq!(node["output_data"]["out1"][0], text(300_000));
        assert!(node["output_data"]["out2"][0]["$truncated"]["stored_bytes"].is_u64());
        assert_eq!(node["truncated"]["data"], "/api/node-executions/node-1/data");
    }
    let outputs = get(&ann, "/api/node-executions/node-1/outputs").await;
    assert_eq!(outputs["out1"], text(300_000));
    assert_eq!(outputs["$truncated"]["data"], "/api/node-executions/node-1/data");
    let whole = ann.get("/api/node-executions/node-1/data").expect(200).await;
    let lines = lines(&whole);
    let values: Vec<_> = lines
        .iter()
        .map(|line| (line["name"].as_str(), &line["value"]))
        .collect();
    assert_eq!(values[0], (Some("out1"), &text(300_000)));
    assert_eq!(values[1], (Some("out2"), &large));
    assert_eq!(values[2], (Some("out3"), &text(300_000)));
    assert_eq!(lines[3], json!({ "values": 3 }));
    app.user("bob")
        .get("/api/node-executions/node-1/data")
        .expect(404)
        .await;

    // Writes answer with what they left; so do their replays, in the same way.
    let body = json!({ "status": "COMPLETED" });
    for replayed in [None, Some("true")] {
        let request = service
            .patch("/api/node-executions/node-1")
            .header("idempotency-key", "k");
        let reply = request.json(&body).expect(200).await;
        assert_eq!(within(&reply)["truncated"]["data"], "/api/node-executions/node-1/data");
        assert_eq!(reply.header("idempotency-replayed"), replayed);
    }
    // By name the answer is whole or there is none.
    let called = service
        .post("/rpc/get_node_execution")
        .json(&json!({ "node_exec_id": "node-1" }));
    let refused = called.expect(400).await.json();
    assert_eq!(refused["type"], "ValueError");
    assert!(refused["args"][0].as_str().unwrap().contains("max_response_bytes"));
    for method in ["get_execution_outputs_by_node_exec_id", "get_node_executions"] {
        let arguments = if method == "get_node_executions" {
            json!({ "graph_exec_id": run })
        } else {
            json!({ "node_exec_id": "node-1" })
        };
        service
            .post(&format!("/rpc/{method}"))
            .json(&arguments)
            .expect(400)
            .await;
    }
}

#[tokio::test]
async fn by_name_a_list_is_whole_as_long_as_the_budget_holds() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let run = app.create(&graph).await;
    many_nodes(&app, &graph, &run, 3000, 1, &json!("small")).await;
    let ask = async |method: &str, arguments: Value| {
        let call = app.service.post(&format!("/rpc/{method}"));
        call.json(&arguments).expect(200).await.json()
    };
    let nodes = ask("get_node_executions", json!({ "graph_exec_id": run })).await;
    assert_eq!(nodes.as_array().map(Vec::len), Some(3001));
    let run = json!({ "user_id": "ann", "execution_id": run, "include_node_executions": true });
    let run = ask("get_graph_execution", run).await;
    assert_eq!(run["node_executions"].as_array().map(Vec::len), Some(3001));
}

#[tokio::test]
async fn values_and_transactions_keep_to_the_budget() {
    let app = app().await;
    let ann = app.user("ann");
    let kept = r#"INSERT INTO "AgentNodeExecutionKeyValueData" ("userId", key, "agentNodeExecutionId", data)
        VALUES ('ann', 'k', 'n', to_jsonb(repeat('x', 3000000)))"#;
    app.db.execute(kept, &[]).await;
    let value = get(&ann, "/api/kv/k").await;
    assert_eq!(value["truncated"], true);
    assert!(value["data"]["$truncated"]["stored_bytes"].is_u64());
    let call = app.service.post("/rpc/get_execution_kv_data");
    call.json(&json!({ "user_id": "ann", "key": "k" })).expect(400).await;
    let moved = r#"INSERT INTO "CreditTransaction" ("transactionKey", "createdAt", "userId", amount, type, metadata)
        SELECT 'key-' || n, now() - n * interval '1 second', 'ann', 1, 'GRANT', jsonb_build_object('a', repeat('x', 100000))
        FROM generate_series(1, 30) n"#;
    app.db.execute(moved, &[]).await;
    let (keys, parts) = walk(&ann, "/api/credits/transactions", "transactions", "transaction_key").await;
    assert_eq!(keys, (1..=30).map(|n| format!("key-{n}")).collect::<Vec<_>>());
    assert!(parts > 2, "{parts} parts");
}

#[tokio::test]
async fn runs_whose_outputs_are_too_large_say_so_wherever_they_are_shown() {
    let app = app().await;
    let graph = app.graph("weather", "ann").await;
    let run = app.create(&graph).await;
    let node = StoredNode {
        node: &graph.node("output"),
        inputs: vec![("name", json!("forecast")), ("value", text(3_000_000))],
        queued: Some(1.0),
        ..StoredNode::default()
    };
    app.db.store_node(&run, "output-run", &node).await;
    let link = format!("/api/executions/{run}/data");
    let check = |shown: Value| {
        assert_eq!(shown["truncated"]["data"], link.as_str());
        assert!(shown["outputs"]["forecast"][0]["$truncated"]["stored_bytes"].is_u64());
    };
    let ann = app.user("ann");
    check(get(&ann, &format!("/api/executions/{run}")).await);
    check(get(&ann, &format!("/api/executions/{run}?include_node_executions=true")).await);
    check(within(
        &app.service
            .post(&format!("/api/executions/{run}/start"))
            .expect(200)
            .await,
    ));
    check(within(
        &ann.post(&format!("/api/executions/{run}/stop")).expect(200).await,
    ));
    let lines = lines(&ann.get(&link).expect(200).await);
    let value = lines.iter().find(|line| line["name"] == "value").expect("the value");
    assert_eq!(
        (&value["value"], &value["node_exec_id"]),
        (&text(3_000_000), &json!("output-run"))
    );
    app.user("bob").get(&link).expect(404).await;
}
