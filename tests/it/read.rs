//! One execution: where its inputs, outputs and nodes' data come from, and when it is not sent again.

use runledger_tests::{App, Graph, StoredNode};
use serde_json::{Value, json};

/// An execution without stored inputs, ended as COMPLETED.
async fn bare_execution(app: &App, graph: &Graph) -> String {
    let body = json!({ "graph_version": graph.version, "inputs": {}, "starting_nodes_input": [] });
    let reply = app
        .service_for(&graph.owner)
        .post(&graph.executions())
        .json(&body)
        .expect(201)
        .await;
    let id = reply.text("id");
    app.drive(&id, "COMPLETED").await;
    app.db
        .execute(
            r#"UPDATE "AgentGraphExecution" SET inputs = NULL WHERE id = $1"#,
            &[&id],
        )
        .await;
    id
}

async fn shown(app: &App, id: &str) -> Value {
    let plain = app
        .user("ann")
        .get(&format!("/api/executions/{id}"))
        .expect(200)
        .await
        .json();
    assert_eq!(
        plain.get("node_executions"),
        None,
        "nodes come only when they are asked for"
    );
    let mut whole = app
        .user("ann")
        .get(&format!("/api/executions/{id}?include_node_executions=true"))
        .expect(200)
        .await
        .json();
    for member in ["inputs", "outputs", "stats", "status"] {
        assert_eq!(plain[member], whole[member], "both forms show the same {member}");
    }
    whole["node_executions"].as_array_mut().expect("nodes are listed");
    whole
}

#[tokio::test]
async fn inputs_and_outputs_are_gathered_from_their_blocks() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = bare_execution(&app, &graph).await;
    let node = |name: &'static str| graph.node(name);
    let (input, second, output, second_output, work) = (
        node("input"),
        node("second-input"),
        node("output"),
        node("second-output"),
        node("work"),
    );
    for (number, (node, inputs)) in [
        (&input, vec![("name", json!("city")), ("value", json!("Ghent"))]),
        (&second, vec![("name", json!("days"))]),
        (&output, vec![("name", json!("report")), ("value", json!("Rain"))]),
        (
            &output,
            vec![("name", json!("report")), ("value", json!({ "more": "rain" }))],
        ),
        (&second_output, vec![("name", json!("empty"))]),
        (&second_output, vec![("value", json!("without a name"))]),
        (
            &work,
            vec![("name", json!("city")), ("value", json!("not an input block's"))],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let stored = StoredNode {
            node,
            inputs,
            added: number as f64,
            ..StoredNode::default()
        };
        app.db.store_node(&id, &format!("n{number}"), &stored).await;
    }
    let shown = shown(&app, &id).await;
    assert_eq!(shown["inputs"], json!({ "city": "Ghent", "days": null }));
    assert_eq!(
        shown["outputs"],
        json!({ "report": ["Rain", { "more": "rain" }], "empty": [null] })
    );
    assert_eq!(shown["node_executions"].as_array().unwrap().len(), 7);
}

#[tokio::test]
async fn stored_inputs_win_and_a_webhooks_payload_is_merged_in() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let (input, work) = (graph.node("input"), graph.node("work"));
    for (webhook, stored, expected) in [
        (
            "webhook",
            json!({ "own": 1 }),
            json!({ "own": 1, "payload": { "p": [1] } }),
        ),
        (
            "manual-webhook",
            json!({ "own": 1 }),
            json!({ "own": 1, "payload": { "p": [1] } }),
        ),
        (
            "webhook",
            json!(null),
            json!({ "city": "Ghent", "payload": { "p": [1] } }),
        ),
        ("work", json!({ "own": 1 }), json!({ "own": 1 })),
    ] {
        let id = bare_execution(&app, &graph).await;
        let sql = r#"UPDATE "AgentGraphExecution" SET inputs = nullif($2::text::jsonb, 'null') WHERE id = $1"#;
        app.db.execute(sql, &[&id, &stored.to_string()]).await;
        let webhook = graph.node(webhook);
        let payload = vec![("payload", json!({ "p": [1] })), ("more", json!(1))];
        let city = vec![("name", json!("city")), ("value", json!("Ghent"))];
        for (name, node, inputs) in [
            ("i", &input, city),
            ("w", &webhook, payload),
            ("x", &work, vec![("payload", json!("no webhook's"))]),
        ] {
            let node = StoredNode {
                node,
                inputs,
                ..StoredNode::default()
            };
            app.db.store_node(&id, &format!("{id}{name}"), &node).await;
        }
        assert_eq!(shown(&app, &id).await["inputs"], expected);
    }
}

#[tokio::test]
async fn a_nodes_data_comes_from_cleared_data_then_execution_data_then_rows() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = bare_execution(&app, &graph).await;
    let work = graph.node("work");
    let cleared = json!({ "cleared_inputs": { "a": [1, 2], "none": [] }, "cleared_outputs": { "o": [7, 8] } });
    let rows = |name: &'static str| vec![(name, json!("row")), ("b", json!(null))];
    for (name, stats, execution_data, input_data, output_data) in [
        (
            "cleared",
            Some(cleared),
            Some(json!({ "a": 3 })),
            json!({ "a": 2, "none": "" }),
            json!({ "o": [7, 8] }),
        ),
        (
            "data",
            Some(json!({})),
            Some(json!({ "a": 3 })),
            json!({ "a": 3 }),
            json!({ "o": ["row"], "b": [null] }),
        ),
        (
            "rows",
            None,
            None,
            json!({ "a": "row", "b": null }),
            json!({ "o": ["row"], "b": [null] }),
        ),
        (
            "unreadable",
            Some(json!({ "cleared_inputs": 7 })),
            Some(json!([1])),
            json!({ "a": "row", "b": null }),
            json!({ "o": ["row"], "b": [null] }),
        ),
    ] {
        let node = StoredNode {
            node: &work,
            stats,
            execution_data,
            inputs: rows("a"),
            outputs: rows("o"),
            ..Default::default()
        };
        app.db.store_node(&id, name, &node).await;
        let shown = shown(&app, &id).await;
        let found = shown["node_executions"]
            .as_array()
            .unwrap()
            .iter()
            .find(|node| node["node_exec_id"] == name);
        let found = found.unwrap_or_else(|| panic!("{name} is not in {shown}"));
        assert_eq!(
            (&found["input_data"], &found["output_data"]),
            (&input_data, &output_data),
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_same_precedence_holds_for_the_graphs_own_inputs_and_outputs() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = bare_execution(&app, &graph).await;
    let (input, output) = (graph.node("input"), graph.node("output"));
    let rows = vec![("name", json!("row")), ("value", json!("row"))];
    let stats = json!({ "cleared_inputs": { "name": ["report"], "value": ["first", "last"] } });
    let cleared = StoredNode {
        node: &output,
        stats: Some(stats),
        inputs: rows.clone(),
        ..Default::default()
    };
    let data = json!({ "name": "city", "value": "Ghent" });
    let from_data = StoredNode {
        node: &input,
        execution_data: Some(data),
        inputs: rows,
        ..Default::default()
    };
    app.db.store_node(&id, "cleared", &cleared).await;
    app.db.store_node(&id, "data", &from_data).await;
    let shown = shown(&app, &id).await;
    assert_eq!(shown["inputs"], json!({ "city": "Ghent" }));
    assert_eq!(shown["outputs"], json!({ "report": ["last"] }));
}

#[tokio::test]
async fn nodes_are_ordered_by_queue_time_with_none_last_then_by_add_time() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = bare_execution(&app, &graph).await;
    let work = graph.node("work");
    for (name, added, queued) in [
        ("f", 1.0, None),
        ("g", 2.0, None),
        ("c", 5.0, Some(12.0)),
        ("a", 9.0, Some(10.0)),
        ("d", 6.0, Some(12.0)),
        ("b", 0.0, Some(11.0)),
        ("e", 0.5, Some(13.5)),
    ] {
        let node = StoredNode {
            node: &work,
            added,
            queued,
            ..Default::default()
        };
        app.db.store_node(&id, name, &node).await;
    }
    let shown = shown(&app, &id).await;
    let nodes = shown["node_executions"].as_array().unwrap();
    let order: Vec<&str> = nodes
        .iter()
        .map(|node| node["node_exec_id"].as_str().unwrap())
        .collect();
    assert_eq!(order, ["a", "b", "c", "d", "e", "f", "g"]);
    assert_eq!(nodes[4]["queue_time"], "2026-01-01T00:00:13.500Z");
    assert_eq!(nodes[4]["add_time"], "2026-01-01T00:00:00.500Z");
}

#[tokio::test]
async fn an_execution_is_found_below_its_own_graph_only() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let other = app.graph("news", "ann").await;
    let id = app.create(&graph).await;
    let ann = app.user("ann");
    let below = ann
        .get(&format!("{}/{id}", graph.executions()))
        .expect(200)
        .await
        .json();
    assert_eq!(
        below,
        ann.get(&format!("/api/executions/{id}")).expect(200).await.json()
    );
    let nodes = ann
        .get(&format!("{}/{id}?include_node_executions=true", graph.executions()))
        .expect(200)
        .await
        .json();
    assert_eq!(nodes["node_executions"].as_array().unwrap().len(), 1);
    ann.get(&format!("{}/{id}", other.executions())).expect(404).await;
    ann.get(&format!("/api/graphs/no-such-graph/executions/{id}"))
        .expect(404)
        .await;
}

#[tokio::test]
async fn an_execution_that_did_not_change_is_not_sent_again() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let ann = app.user("ann");
    for path in [
        format!("/api/executions/{id}"),
        format!("/api/executions/{id}?include_node_executions=true"),
        format!("{}/{id}", graph.executions()),
    ] {
        let first = ann.get(&path).expect(200).await;
        let etag = first.header("etag").expect("one resource carries an ETag").to_owned();
        for known in [etag.clone(), format!("\"other\", {etag}"), "*".to_owned(), weak(&etag)] {
            let again = ann.get(&path).header("if-none-match", &known).expect(304).await;
            assert_eq!(again.header("etag"), Some(etag.as_str()), "{known}");
        }
        for other in ["\"other\"", "", "W/\"other\""] {
            ann.get(&path).header("if-none-match", other).expect(200).await;
        }
        let cost = json!({ "stats": { "cost": path.len() } });
        app.service
            .patch(&format!("/api/executions/{id}"))
            .json(&cost)
            .expect(200)
            .await;
        let changed = ann.get(&path).header("if-none-match", &etag).expect(200).await;
        assert_ne!(changed.header("etag"), Some(etag.as_str()));
        app.user("bob")
            .get(&path)
            .header("if-none-match", &etag)
            .expect(404)
            .await;
    }
}

/// The weak form of an entity tag; it counts as the same.
fn weak(etag: &str) -> String {
    if etag.starts_with("W/") {
        etag.to_owned()
    } else {
        format!("W/{etag}")
    }
}

#[tokio::test]
async fn values_come_back_as_they_went_in() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let inputs = r#"{"big":123456789012345678901234567890,"deep":[[{"a":[null,true,"\u00e9\ud83d\ude00\\u0000 \u2028"]}]],"fraction":0.1,"precise":3.14159265358979323846264338327950288,"text":"' \" \\ % $1 {{x}}"}"#;
    let body = format!(r#"{{"graph_version":1,"inputs":{inputs},"starting_nodes_input":[]}}"#);
    let made = app
        .service_for("ann")
        .post(&graph.executions())
        .body("application/json", body)
        .expect(201)
        .await;
    let read = app
        .user("ann")
        .get(&format!("/api/executions/{}", made.text("id")))
        .expect(200)
        .await;
    for reply in [made, read] {
        let sent: Value = serde_json::from_str(inputs).unwrap();
        assert_eq!(reply.json()["inputs"], sent);
        let text = String::from_utf8_lossy(&reply.body).replace(' ', "");
        for exact in [
            "123456789012345678901234567890",
            "3.14159265358979323846264338327950288",
        ] {
            assert!(text.contains(exact), "{exact} lost its digits\n{reply}");
        }
    }
}
