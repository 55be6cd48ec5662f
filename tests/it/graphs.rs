//! Graphs and blocks: registering them is idempotent, and a registration replaces the one before.

use runledger_tests::App;
use serde_json::{Value, json};

#[tokio::test]
async fn a_registered_graph_is_stored_as_the_platform_stores_it() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let stored = app.db.row(r#"SELECT * FROM "AgentGraph""#, &[]).await;
    for (column, value) in [
        ("id", json!("weather")),
        ("version", json!(1)),
        ("name", json!("The graph weather")),
        ("description", json!("Tells the weather.")),
        ("isActive", json!(true)),
        ("userId", json!("ann")),
    ] {
        assert_eq!(stored[column], value, "{column}");
    }
    let nodes = app.db.rows(r#"SELECT * FROM "AgentNode" ORDER BY id"#, &[]).await;
    assert_eq!(nodes.len(), 7);
    assert!(
        nodes
            .iter()
            .all(|node| node["agentGraphId"] == "weather" && node["agentGraphVersion"] == 1)
    );
    assert!(
        nodes
            .iter()
            .all(|node| node["constantInput"] == json!({}) && node["metadata"] == json!({}))
    );
    let links = app
        .db
        .rows(r#"SELECT * FROM "AgentNodeLink" ORDER BY "agentNodeSourceId""#, &[])
        .await;
    assert_eq!(links.len(), 2);
    assert_eq!(
        (&links[0]["agentNodeSourceId"], &links[0]["isStatic"]),
        (&json!(graph.node("input")), &json!(false))
    );
}

#[tokio::test]
async fn the_same_registration_again_leaves_the_same() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let put = || {
        app.service_for("ann")
            .put("/api/graphs/weather/versions/1")
            .json(&graph.registration())
    };
    let look = async || {
        json!([
            app.db.rows(r#"SELECT * FROM "AgentGraph""#, &[]).await,
            app.db.rows(r#"SELECT * FROM "AgentNode" ORDER BY id"#, &[]).await,
            app.db
                .rows(
                    r#"SELECT "agentNodeSourceId", "sourceName", "agentNodeSinkId", "sinkName", "isStatic"
                       FROM "AgentNodeLink" ORDER BY 1, 2, 3, 4"#,
                    &[],
                )
                .await,
        ])
    };
    let before = look().await;
    let first = put().expect(200).await;
    assert_eq!(put().expect(200).await.json(), first.json());
    futures::future::join_all((0..8).map(|_| put().expect(200))).await;
    assert_eq!(look().await, before);
}

#[tokio::test]
async fn another_registration_replaces_the_graph_and_keeps_its_executions() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let mut changed = graph.registration();
    changed["name"] = json!("Another name");
    changed["description"] = Value::Null;
    changed["is_active"] = json!(false);
    let nodes = changed["nodes"].as_array_mut().unwrap();
    nodes.retain(|node| node["id"] == graph.node("work") || node["id"] == graph.node("output"));
    nodes[0]["constant_input"] = json!({ "unit": "C" });
    nodes[0]["metadata"] = json!({ "position": { "x": 1.5, "y": -2 } });
    changed["links"] = json!([{
        "source_id": graph.node("work"), "sink_id": graph.node("output"), "source_name": "a", "sink_name": "b",
        "is_static": true,
    }]);
    app.service_for("ann")
        .put("/api/graphs/weather/versions/1")
        .json(&changed)
        .expect(200)
        .await;

    let stored = app.db.row(r#"SELECT * FROM "AgentGraph""#, &[]).await;
    assert_eq!(
        (&stored["name"], &stored["description"], &stored["isActive"]),
        (&json!("Another name"), &Value::Null, &json!(false))
    );
    let nodes = app.db.rows(r#"SELECT * FROM "AgentNode" ORDER BY id"#, &[]).await;
    let work = nodes
        .iter()
        .find(|node| node["id"] == graph.node("work"))
        .expect("the node that stays stays");
    assert_eq!(work["constantInput"], json!({ "unit": "C" }));
    assert_eq!(work["metadata"], json!({ "position": { "x": 1.5, "y": -2 } }));
    let links = app
        .db
        .rows(
            r#"SELECT "sourceName", "sinkName", "isStatic" FROM "AgentNodeLink""#,
            &[],
        )
        .await;
    assert_eq!(
        json!(links),
        json!([{ "sourceName": "a", "sinkName": "b", "isStatic": true }])
    );
    let shown = app
        .user("ann")
        .get(&format!("/api/executions/{id}?include_node_executions=true"))
        .expect(200)
        .await;
    assert_eq!(
        shown.json()["node_executions"].as_array().unwrap().len(),
        1,
        "what ran is kept"
    );
}

#[tokio::test]
async fn versions_stand_beside_each_other() {
    let app = App::start().await;
    let (first, second) = (
        app.graph("weather", "ann").await,
        app.graph_version("weather", 2, "ann").await,
    );
    assert_eq!(app.db.number(r#"SELECT count(*) FROM "AgentNode""#, &[]).await, 14);
    for graph in [first, second] {
        let made = app
            .service_for("ann")
            .post(&graph.executions())
            .json(&graph.creation())
            .expect(201)
            .await
            .json();
        assert_eq!(made["graph_version"], graph.version);
    }
}

#[tokio::test]
async fn a_graph_of_another_owner_is_a_conflict() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let before = app.db.snapshot().await;
    app.service_for("bob")
        .put("/api/graphs/weather/versions/1")
        .json(&graph.registration())
        .expect(409)
        .await;
    app.db.expect_unchanged(&before, "a registration by another user").await;
}

#[tokio::test]
async fn a_registration_that_does_not_fit_is_pointed_at_and_changes_nothing() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let before = app.db.snapshot().await;
    let with = |pointer: &str, value: Value| {
        let mut body = graph.registration();
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[member] = value;
        body
    };
    for (body, pointer) in [
        (with("/name", json!(7)), "/name"),
        (with("/nodes", json!({})), "/nodes"),
        (with("/links", json!("x")), "/links"),
        (with("/nodes/2/block_id", json!("no-such-block")), "/nodes/2/block_id"),
        (with("/nodes/2/id", json!("")), "/nodes/2/id"),
        (with("/links/1/source_id", json!("no-such-node")), "/links/1/source_id"),
        (with("/links/0/sink_id", json!("no-such-node")), "/links/0/sink_id"),
        (with("/links/0/is_static", json!("no")), "/links/0/is_static"),
        (with("/links/0/sink_name", Value::Null), "/links/0/sink_name"),
    ] {
        let path = "/api/graphs/weather/versions/1";
        app.service_for("ann")
            .put(path)
            .json(&body)
            .expect(422)
            .await
            .expect_pointers(&[pointer]);
    }
    for (path, pointer) in [
        ("/api/graphs/weather/versions/x", "/path/version"),
        ("/api/graphs/weather/versions/-1", "/path/version"),
        ("/api/graphs/weather/versions/2147483648", "/path/version"),
        ("/api/graphs/a%0Ab/versions/1", "/path/graph_id"),
    ] {
        let reply = app
            .service_for("ann")
            .put(path)
            .json(&graph.registration())
            .expect(422)
            .await;
        reply.expect_pointers(&[pointer]);
    }
    app.db.expect_unchanged(&before, "a refused registration").await;
}

#[tokio::test]
async fn blocks_are_registered_and_changed() {
    let app = App::start().await;
    let path = "/api/blocks/mine";
    let types = [
        "STANDARD",
        "INPUT",
        "OUTPUT",
        "WEBHOOK",
        "WEBHOOK_MANUAL",
        "AGENT",
        "AI",
        "HUMAN_IN_THE_LOOP",
        "NOTE",
    ];
    for kind in types {
        let body = json!({
            "name": format!("Mine, {kind}"), "type": kind, "description": "Does it.",
            "input_schema": { "type": "object" }, "output_schema": { "type": "object", "properties": {} },
        });
        let first = app.service.put(path).json(&body).expect(200).await;
        assert_eq!(app.service.put(path).json(&body).expect(200).await.json(), first.json());
        let stored = app
            .db
            .row(r#"SELECT name, description FROM "AgentBlock" WHERE id = 'mine'"#, &[])
            .await;
        assert_eq!(
            stored,
            json!({ "name": format!("Mine, {kind}"), "description": "Does it." })
        );
    }
    for (body, pointer) in [
        (json!({ "name": "n" }), "/type"),
        (json!({ "type": "AI" }), "/name"),
        (json!({ "name": "n", "type": "OTHER" }), "/type"),
        (json!({ "name": "n", "type": "ai" }), "/type"),
        (json!({ "name": "n", "type": "AI", "bogus": 1 }), "/bogus"),
        (json!({ "name": ["n"], "type": "AI" }), "/name"),
    ] {
        app.service
            .put(path)
            .json(&body)
            .expect(422)
            .await
            .expect_pointers(&[pointer]);
    }
    app.service
        .put("/api/blocks/other")
        .json(&json!({ "name": "n", "type": "AI" }))
        .expect(200)
        .await;
}

#[tokio::test]
async fn a_block_of_a_type_decides_what_its_nodes_data_is() {
    let app = App::start().await;
    let mut graph = app.graph("weather", "ann").await.registration();
    let start = json!({
        "graph_version": 1, "inputs": {},
        "starting_nodes_input": [{ "node_id": "n", "input": { "name": "city", "value": "Ghent", "payload": 7 } }],
    });
    graph["nodes"] = json!([{ "id": "n", "block_id": "mine" }]);
    graph["links"] = json!([]);
    for (kind, inputs, outputs) in [
        ("INPUT", json!({ "city": "Ghent" }), json!({})),
        ("OUTPUT", json!({}), json!({ "city": ["Ghent"] })),
        ("WEBHOOK", json!({ "payload": 7 }), json!({})),
        ("WEBHOOK_MANUAL", json!({ "payload": 7 }), json!({})),
        ("AGENT", json!({}), json!({})),
    ] {
        app.service
            .put("/api/blocks/mine")
            .json(&json!({ "name": "Mine", "type": kind }))
            .expect(200)
            .await;
        app.service_for("ann")
            .put("/api/graphs/mine/versions/1")
            .json(&graph)
            .expect(200)
            .await;
        let made = app
            .service_for("ann")
            .post("/api/graphs/mine/executions")
            .json(&start)
            .expect(201)
            .await
            .json();
        assert_eq!((&made["inputs"], &made["outputs"]), (&inputs, &outputs), "{kind}");
    }
}

#[tokio::test]
async fn identifiers_may_hold_anything_but_control_characters() {
    let app = App::start().await;
    let id = "ä b/c?d#e%f\"'\\🙂";
    let encoded = id
        .bytes()
        .map(|byte| format!("%{byte:02X}"))
        .collect::<Vec<_>>()
        .concat();
    app.service
        .put(&format!("/api/blocks/{encoded}"))
        .json(&json!({ "name": id, "type": "AI" }))
        .expect(200)
        .await;
    let registration = json!({ "name": id, "nodes": [{ "id": id, "block_id": id }], "links": [] });
    let path = format!("/api/graphs/{encoded}");
    let service = app.service_for(id.split('🙂').next().unwrap().trim_start_matches('ä'));
    service
        .put(&format!("{path}/versions/1"))
        .json(&registration)
        .expect(200)
        .await;
    let start = json!({ "graph_version": 1, "inputs": {}, "starting_nodes_input": [{ "node_id": id, "input": {} }] });
    let made = service
        .post(&format!("{path}/executions"))
        .json(&start)
        .expect(201)
        .await;
    assert_eq!(
        (
            made.text("graph_id").as_str(),
            &made.json()["node_executions"][0]["block_id"]
        ),
        (id, &json!(id))
    );
    let listed = service
        .get(&format!("{path}/executions?graph_version=1"))
        .expect(200)
        .await
        .json();
    assert_eq!(listed["executions"][0]["id"], made.json()["id"]);
    let filtered = service
        .get(&format!("/api/executions?graph_id={encoded}"))
        .expect(200)
        .await
        .json();
    assert_eq!(filtered["executions"], listed["executions"]);
}

#[tokio::test]
async fn of_two_graphs_that_register_one_new_node_at_once_one_has_it() {
    let app = App::start().await;
    app.graph("weather", "ann").await;
    for round in 0..8 {
        let register = |graph: &str, mark: &str| {
            let body = json!({
                "name": graph, "links": [],
                "nodes": [{ "id": format!("shared-{round}"), "block_id": "block-work", "metadata": { "of": mark } }],
            });
            let path = format!("/api/graphs/{graph}-{round}/versions/1");
            app.service_for("ann").put(&path).json(&body).send()
        };
        let replies = futures::future::join_all([register("a", "a"), register("b", "b")]).await;
        let stored = app
            .db
            .row(
                r#"SELECT "agentGraphId" AS graph, metadata ->> 'of' AS mark FROM "AgentNode" WHERE id = $1"#,
                &[&format!("shared-{round}")],
            )
            .await;
        let mut statuses = Vec::new();
        for reply in replies {
            statuses.push(reply.expect("an answer").status);
        }
        statuses.sort_unstable();
        assert!(statuses[0] == 200 && [409, 422].contains(&statuses[1]), "{statuses:?}");
        assert_eq!(stored["graph"], format!("{}-{round}", stored["mark"].as_str().unwrap()));
    }
}
