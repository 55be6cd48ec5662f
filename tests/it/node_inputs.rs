//! Inputs of nodes: which node execution they join, also when many come at once.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use runledger_tests::{App, Graph};
use serde_json::{Value, json};

/// Where the inputs of an execution's `output` node go: a node that nothing has started yet.
fn inputs_of(graph: &Graph, execution: &str) -> String {
    format!("/api/executions/{execution}/nodes/{}/inputs", graph.node("output"))
}

async fn give(app: &App, path: &str, name: &str, data: Value) -> Value {
    let body = json!({ "name": name, "data": data });
    app.service.post(path).json(&body).expect(200).await.json()
}

fn node_of(given: &Value) -> String {
    given["node_execution"]["node_exec_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_input_joins_the_oldest_node_execution_that_lacks_it_or_begins_one() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let path = inputs_of(&graph, &id);

    let first = give(&app, &path, "name", json!("report")).await;
    let node = &first["node_execution"];
    assert_eq!(
        (
            &node["status"],
            &node["node_id"],
            &node["user_id"],
            &node["graph_exec_id"]
        ),
        (
            &json!("INCOMPLETE"),
            &json!(graph.node("output")),
            &json!("ann"),
            &json!(id)
        )
    );
    assert_eq!((&node["queue_time"], &node["output_data"]), (&Value::Null, &json!({})));
    assert_eq!(first["input_data"], json!({ "name": "report" }));
    assert_eq!(node["input_data"], first["input_data"]);

    let second = give(&app, &path, "name", json!("other")).await;
    assert_ne!(node_of(&second), node_of(&first), "the first has this input already");
    let joined = give(&app, &path, "value", json!({ "deep": [null] })).await;
    assert_eq!(node_of(&joined), node_of(&first), "the oldest lacks this one");
    assert_eq!(
        joined["input_data"],
        json!({ "name": "report", "value": { "deep": [null] } })
    );
    let joined = give(&app, &path, "value", Value::Null).await;
    assert_eq!(node_of(&joined), node_of(&second));
    assert_eq!(joined["input_data"], json!({ "name": "other", "value": null }));

    let shown = app
        .user("ann")
        .get(&format!("/api/node-executions/{}", node_of(&first)))
        .expect(200)
        .await
        .json();
    assert_eq!(
        shown["input_data"],
        json!({ "name": "report", "value": { "deep": [null] } })
    );
    let queued = json!({ "status": "QUEUED", "execution_data": { "name": "report" } });
    app.service
        .patch(&format!("/api/node-executions/{}", node_of(&first)))
        .json(&queued)
        .expect(200)
        .await;
    let third = give(&app, &path, "more", json!(1)).await;
    assert_eq!(node_of(&third), node_of(&second), "what is queued takes no more inputs");
}

#[tokio::test]
async fn an_input_older_than_a_day_does_not_count() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let path = inputs_of(&graph, &id);
    let first = give(&app, &path, "name", json!(1)).await;
    let age = async |interval: &str| {
        let sql = format!(
            r#"UPDATE "AgentNodeExecutionInputOutput"
               SET time = (now() AT TIME ZONE 'UTC') - interval '{interval}' WHERE "referencedByInputExecId" = $1"#
        );
        app.db.execute(&sql, &[&node_of(&first)]).await;
    };
    age("23 hours 59 minutes").await;
    let second = give(&app, &path, "name", json!(2)).await;
    assert_ne!(node_of(&second), node_of(&first));
    age("24 hours 1 minute").await;
    let third = give(&app, &path, "name", json!(3)).await;
    assert_eq!(node_of(&third), node_of(&first));
    assert_eq!(third["input_data"], json!({ "name": 3 }), "the newest of a name counts");
}

#[tokio::test]
async fn a_named_node_execution_takes_the_input_or_it_is_refused() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let (id, other) = (app.create(&graph).await, app.create(&graph).await);
    let path = inputs_of(&graph, &id);
    let first = node_of(&give(&app, &path, "name", json!(1)).await);
    let second = node_of(&give(&app, &path, "name", json!(2)).await);
    let elsewhere = node_of(&give(&app, &inputs_of(&graph, &other), "name", json!(1)).await);
    let named = |node: &str, name: &str| {
        let body = json!({ "name": name, "data": 7, "node_exec_id": node });
        app.service.post(&path).json(&body)
    };
    let given = named(&second, "value").expect(200).await.json();
    assert_eq!(
        (node_of(&given), &given["input_data"]),
        (second, &json!({ "name": 2, "value": 7 }))
    );

    let queued = app.first_node(&id).await;
    let before = app.db.snapshot().await;
    for node in [&first, &elsewhere, &queued, "no-such-node"] {
        named(node, "name").expect(409).await;
    }
    app.db
        .expect_unchanged(&before, "an input for a node execution that cannot take it")
        .await;
}

#[tokio::test]
async fn what_an_input_names_has_to_exist() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let other = app.graph("news", "ann").await;
    let id = app.create(&graph).await;
    let before = app.db.snapshot().await;
    let body = json!({ "name": "a", "data": 1 });
    for node in ["no-such-node".to_owned(), other.node("work")] {
        let path = format!("/api/executions/{id}/nodes/{node}/inputs");
        let reply = app.service.post(&path).json(&body).expect(422).await;
        reply.expect_pointers(&["/path/node_id"]);
    }
    app.service
        .post(&inputs_of(&graph, "no-such-execution"))
        .json(&body)
        .expect(404)
        .await;
    app.service_for("bob")
        .post(&inputs_of(&graph, &id))
        .json(&body)
        .expect(404)
        .await;
    for (body, pointers) in [
        (json!({ "name": "a" }), &["/data"]),
        (json!({ "data": 1 }), &["/name"]),
        (
            json!({ "name": "a", "data": 1, "node_exec_id": "" }),
            &["/node_exec_id"],
        ),
        (json!({ "name": "a", "data": 1, "more": 1 }), &["/more"]),
        (json!({ "name": "a", "data": "\u{0}" }), &[""]),
    ] {
        let reply = app.service.post(&inputs_of(&graph, &id)).json(&body).expect(422).await;
        reply.expect_pointers(pointers);
    }
    app.db.expect_unchanged(&before, "an input that does not fit").await;
}

#[tokio::test]
async fn inputs_that_race_for_a_fresh_node_land_together() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    for round in 0..4 {
        let id = app.create(&graph).await;
        let path = inputs_of(&graph, &id);
        // Six names, four times each: four node executions, each with all six.
        let given = join_all((0..24).map(|number| {
            let (app, path) = (&app, &path);
            async move { give(app, path, &format!("input-{}", number % 6), json!(number)).await }
        }))
        .await;
        let nodes: BTreeSet<String> = given.iter().map(node_of).collect();
        assert_eq!(
            nodes.len(),
            4,
            "round {round}: each name fits into each node execution once"
        );
        let sql = r#"SELECT "referencedByInputExecId" AS node, array_agg(name ORDER BY name) AS names
                     FROM "AgentNodeExecutionInputOutput" WHERE "referencedByInputExecId" = ANY ($1) GROUP BY 1"#;
        let nodes: Vec<String> = nodes.into_iter().collect();
        let all: Vec<String> = (0..6).map(|number| format!("input-{number}")).collect();
        for row in app.db.rows(sql, &[&nodes]).await {
            assert_eq!(row["names"], json!(all), "round {round}: {row}");
        }
        let values: BTreeMap<String, usize> = given.iter().fold(BTreeMap::new(), |mut counts, given| {
            *counts.entry(node_of(given)).or_default() += 1;
            counts
        });
        assert!(values.values().all(|count| *count == 6), "{values:?}");
    }
}

#[tokio::test]
async fn inputs_of_different_nodes_do_not_wait_for_each_other() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let names = ["work", "output", "second-output", "input"];
    let given = join_all((0..24).map(|number| {
        let path = format!("/api/executions/{id}/nodes/{}/inputs", graph.node(names[number % 4]));
        let app = &app;
        async move { give(app, &path, &format!("input-{}", number / 4), json!(number)).await }
    }))
    .await;
    let nodes: BTreeSet<String> = given.iter().map(node_of).collect();
    assert_eq!(nodes.len(), 4);
}

#[tokio::test]
async fn an_input_comes_before_or_after_the_node_execution_is_queued_but_is_not_lost() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let path = inputs_of(&graph, &id);
    for round in 0..12 {
        let node = node_of(&give(&app, &path, "name", json!(round)).await);
        let queue = app
            .service
            .patch(&format!("/api/node-executions/{node}"))
            .json(&json!({ "status": "QUEUED", "execution_data": { "name": round } }));
        let (given, _) = futures::join!(give(&app, &path, "value", json!(round)), queue.expect(200));
        if node_of(&given) != node {
            // It came too late, and waits in a node execution that can still take it.
            assert_eq!(given["node_execution"]["status"], "INCOMPLETE", "{given}");
        }
        let sql =
            r#"UPDATE "AgentNodeExecution" SET "executionStatus" = 'FAILED' WHERE "executionStatus" = 'INCOMPLETE'"#;
        app.db.execute(sql, &[]).await;
    }
}
