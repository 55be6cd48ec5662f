//! Creation: what is stored, what is answered, and what is refused.

use runledger_tests::{App, INPUT_BLOCK};
use serde_json::{Value, json};

#[tokio::test]
async fn a_new_execution_is_incomplete_and_its_starting_nodes_are_queued() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let parent = app.create(&graph).await;
    let body = json!({
        "graph_version": 1,
        "inputs": { "city": "Ghent", "days": 3, "nothing": null },
        "starting_nodes_input": [
            { "node_id": graph.node("input"), "input": { "name": "city", "value": "Ghent" } },
            { "node_id": graph.node("work"), "input": { "list": [1, { "a": null }], "nothing": null } },
            { "node_id": graph.node("output"), "input": {} },
        ],
        "preset_id": "preset-7",
        "credential_inputs": { "key": { "id": "c", "provider": "p", "title": "t", "type": "api_key" } },
        "nodes_input_masks": { "n": { "m": 1 } },
        "parent_graph_exec_id": parent,
    });
    let reply = app
        .service_for("ann")
        .post(&graph.executions())
        .json(&body)
        .expect(201)
        .await;
    let id = reply.text("id");
    assert_eq!(reply.header("location"), Some(format!("/api/executions/{id}").as_str()));
    insta::assert_json_snapshot!("created", reply.json(), {
        ".id" => "[id]", ".parent_graph_exec_id" => "[parent]", ".created_at" => "[time]", ".updated_at" => "[time]",
        ".node_executions[].node_exec_id" => "[id]", ".node_executions[].graph_exec_id" => "[id]",
        ".node_executions[].add_time" => "[time]", ".node_executions[].queue_time" => "[time]",
    });
    assert_eq!(reply.text("parent_graph_exec_id"), parent);

    let row = app.db.execution(&id).await;
    for (column, value) in [
        ("executionStatus", json!("INCOMPLETE")),
        ("userId", json!("ann")),
        ("agentGraphId", json!("weather")),
        ("agentGraphVersion", json!(1)),
        ("agentPresetId", json!("preset-7")),
        ("inputs", body["inputs"].clone()),
        ("credentialInputs", body["credential_inputs"].clone()),
        ("nodesInputMasks", body["nodes_input_masks"].clone()),
        ("parentGraphExecutionId", json!(parent)),
        ("isDeleted", json!(false)),
        ("startedAt", Value::Null),
        ("endedAt", Value::Null),
    ] {
        assert_eq!(row[column], value, "{column}");
    }
    let nodes = app.db.nodes(&id).await;
    assert_eq!(nodes.len(), 3);
    assert!(
        nodes
            .iter()
            .all(|node| node["executionStatus"] == "QUEUED" && node["queuedTime"].is_string())
    );
    let data = app
        .db
        .rows(
            r#"SELECT io.name, io.data FROM "AgentNodeExecutionInputOutput" AS io
               JOIN "AgentNodeExecution" AS n ON n.id = io."referencedByInputExecId"
               WHERE n."agentGraphExecutionId" = $1 ORDER BY n."agentNodeId", io.name"#,
            &[&id],
        )
        .await;
    assert_eq!(
        json!(data),
        json!([
            { "name": "name", "data": "city" },
            { "name": "value", "data": "Ghent" },
            { "name": "list", "data": [1, { "a": null }] },
            { "name": "nothing", "data": null },
        ])
    );

    let read = app
        .user("ann")
        .get(&format!("/api/executions/{id}?include_node_executions=true"))
        .expect(200)
        .await;
    assert_eq!(read.json(), reply.json(), "reading shows what creation answered");
}

#[tokio::test]
async fn new_ids_are_uuids_that_sort_by_age() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let (first, second) = (app.create(&graph).await, app.create(&graph).await);
    for id in [&first, &second] {
        assert_eq!((id.len(), &id[14..15]), (36, "7"), "{id} is a UUIDv7");
    }
    assert!(first < second);
}

#[tokio::test]
async fn an_execution_may_start_without_nodes() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let body = json!({ "graph_version": 1, "inputs": {}, "starting_nodes_input": [] });
    let made = app
        .service_for("ann")
        .post(&graph.executions())
        .json(&body)
        .expect(201)
        .await
        .json();
    assert_eq!(
        (&made["node_executions"], &made["inputs"], &made["outputs"]),
        (&json!([]), &json!({}), &json!({}))
    );
}

#[tokio::test]
async fn a_graph_may_be_run_by_others_than_its_owner() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create_for(&graph, "bob").await;
    app.user("bob").get(&format!("/api/executions/{id}")).expect(200).await;
    app.user("ann").get(&format!("/api/executions/{id}")).expect(404).await;
}

#[tokio::test]
async fn what_names_nothing_is_refused_and_nothing_is_stored() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let other = app.graph("news", "ann").await;
    let next = app.graph_version("weather", 2, "ann").await;
    let of_bob = app.create_for(&graph, "bob").await;
    let deleted = app.create(&graph).await;
    app.user("ann")
        .delete(&format!("/api/executions/{deleted}"))
        .expect(204)
        .await;
    let before = app.db.snapshot().await;

    let node = |id: String| json!([{ "node_id": graph.node("work"), "input": {} }, { "node_id": id, "input": {} }]);
    let second_node: &[&str] = &["/starting_nodes_input/1/node_id"];
    for (member, value, pointers) in [
        ("graph_version", json!(3), &["/graph_version"] as &[&str]),
        ("graph_version", json!(0), &["/graph_version"]),
        ("starting_nodes_input", node("no-such-node".to_owned()), second_node),
        ("starting_nodes_input", node(other.node("work")), second_node),
        ("starting_nodes_input", node(next.node("work")), second_node),
        (
            "parent_graph_exec_id",
            json!("no-such-execution"),
            &["/parent_graph_exec_id"],
        ),
        ("parent_graph_exec_id", json!(of_bob), &["/parent_graph_exec_id"]),
        ("parent_graph_exec_id", json!(deleted), &["/parent_graph_exec_id"]),
    ] {
        let mut body = graph.creation();
        body[member] = value;
        let reply = app
            .service_for("ann")
            .post(&graph.executions())
            .json(&body)
            .expect(422)
            .await;
        reply.expect_pointers(pointers);
    }
    let unknown = app
        .service_for("ann")
        .post("/api/graphs/no-such-graph/executions")
        .json(&graph.creation());
    unknown.expect(422).await.expect_pointers(&["/graph_version"]);
    app.db.expect_unchanged(&before, "a refused creation").await;
}

#[tokio::test]
async fn what_does_not_fit_is_pointed_at() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let before = app.db.snapshot().await;
    let node = |member: &str, value: Value| {
        let mut node = json!({ "node_id": graph.node("work"), "input": {} });
        node[member] = value;
        json!([node])
    };
    for (member, value, pointer) in [
        ("graph_version", json!("1"), "/graph_version"),
        ("graph_version", json!(1.5), "/graph_version"),
        ("graph_version", json!(-1), "/graph_version"),
        ("graph_version", json!(2_147_483_648_u32), "/graph_version"),
        ("graph_version", Value::Null, "/graph_version"),
        ("inputs", json!([1]), "/inputs"),
        ("inputs", json!("text"), "/inputs"),
        ("credential_inputs", json!([]), "/credential_inputs"),
        ("nodes_input_masks", json!(7), "/nodes_input_masks"),
        ("starting_nodes_input", json!({}), "/starting_nodes_input"),
        ("starting_nodes_input", json!([7]), "/starting_nodes_input/0"),
        (
            "starting_nodes_input",
            node("node_id", json!(7)),
            "/starting_nodes_input/0/node_id",
        ),
        (
            "starting_nodes_input",
            node("node_id", json!("")),
            "/starting_nodes_input/0/node_id",
        ),
        (
            "starting_nodes_input",
            node("node_id", json!("a\u{1}")),
            "/starting_nodes_input/0/node_id",
        ),
        (
            "starting_nodes_input",
            node("input", json!([])),
            "/starting_nodes_input/0/input",
        ),
        (
            "starting_nodes_input",
            node("inputs", json!({})),
            "/starting_nodes_input/0/inputs",
        ),
        ("preset_id", json!(7), "/preset_id"),
        ("preset_id", json!("p".repeat(129)), "/preset_id"),
        ("parent_graph_exec_id", json!("a\nb"), "/parent_graph_exec_id"),
        ("status", json!("RUNNING"), "/status"),
    ] {
        let mut body = graph.creation();
        body[member] = value;
        let reply = app
            .service_for("ann")
            .post(&graph.executions())
            .json(&body)
            .expect(422)
            .await;
        reply.expect_pointers(&[pointer]);
    }
    for member in ["graph_version", "inputs", "starting_nodes_input"] {
        let mut body = graph.creation();
        body.as_object_mut().unwrap().remove(member);
        let reply = app
            .service_for("ann")
            .post(&graph.executions())
            .json(&body)
            .expect(422)
            .await;
        reply.expect_pointers(&[&format!("/{member}")]);
    }
    app.db.expect_unchanged(&before, "a creation that does not fit").await;
}

#[tokio::test]
async fn the_blocks_of_inputs_and_outputs_are_known_from_the_start() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let body = json!({
        "graph_version": 1, "inputs": {},
        "starting_nodes_input": [{ "node_id": graph.node("input"), "input": { "name": "city", "value": "Ghent" } }],
    });
    let made = app
        .service_for("ann")
        .post(&graph.executions())
        .json(&body)
        .expect(201)
        .await
        .json();
    assert_eq!(
        made["inputs"],
        json!({ "city": "Ghent" }),
        "gathered from the input block"
    );
    assert_eq!(made["node_executions"][0]["block_id"], INPUT_BLOCK);
}
