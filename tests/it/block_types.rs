//! What a block is that nobody registered: known of its id, else of the name that the platform gave it.

use runledger_tests::{App, Graph, StoredNode};
use serde_json::{Value, json};

/// Makes a node of a block a part of a graph, past the API, as the platform does.
async fn platform_node(app: &App, graph: &Graph, node: &str, block: &str, name: &str) {
    let block_row = r#"INSERT INTO "AgentBlock" (id, name, "inputSchema", "outputSchema") VALUES ($1, $2, '{}', '{}')"#;
    app.db.execute(block_row, &[&block, &name]).await;
    let node_row = r#"INSERT INTO "AgentNode" (id, "agentBlockId", "agentGraphId", "agentGraphVersion")
                      VALUES ($1, $2, $3, $4)"#;
    app.db
        .execute(node_row, &[&node, &block, &graph.id, &graph.version])
        .await;
}

async fn ran(app: &App, execution: &str, node: &str, inputs: Vec<(&str, Value)>) {
    let stored = StoredNode {
        node,
        inputs,
        ..StoredNode::default()
    };
    app.db
        .store_node(execution, &format!("{execution}-{node}"), &stored)
        .await;
}

async fn shown(app: &App, execution: &str) -> (Value, Value) {
    let path = format!("/api/executions/{execution}");
    let body = app.user("ann").get(&path).expect(200).await.json();
    (body["inputs"].clone(), body["outputs"].clone())
}

async fn bare_execution(app: &App, graph: &Graph) -> String {
    let id = app.create_in(graph, "COMPLETED").await;
    let bare = r#"UPDATE "AgentGraphExecution" SET inputs = NULL WHERE id = $1"#;
    app.db.execute(bare, &[&id]).await;
    id
}

#[tokio::test]
async fn runs_that_begin_with_the_platforms_own_inputs_show_them() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = bare_execution(&app, &graph).await;
    let mut expected = json!({});
    for (number, (block, name)) in [
        ("7fcd3bcb-8e1b-4e69-903d-32d3d4a92158", "AgentShortTextInputBlock"),
        ("90a56ffb-7024-4b2b-ab50-e26c5e5ab8ba", "AgentLongTextInputBlock"),
        ("96dae2bb-97a2-41c2-bd2f-13a3b5a8ea98", "AgentNumberInputBlock"),
        ("7e198b09-4994-47db-8b4d-952d98241817", "AgentDateInputBlock"),
        ("2a1c757e-86cf-4c7e-aacf-060dc382e434", "AgentTimeInputBlock"),
        ("95ead23f-8283-4654-aef3-10c053b74a31", "AgentFileInputBlock"),
        ("655d6fdf-a334-421c-b733-520549c07cd1", "AgentDropdownInputBlock"),
        ("cbf36ab5-df4a-43b6-8a7f-f7ed8652116e", "AgentToggleInputBlock"),
        ("5603b273-f41e-4020-af7d-fbc9c6a8d928", "AgentTableInputBlock"),
        // The name says nothing, the id all.
        ("d3b32f15-6fd7-40e3-be52-e083f51b19a2", "Drive file"),
        // The id says nothing, the name all.
        ("of-a-later-platform", "AgentColourInputBlock"),
    ]
    .into_iter()
    .enumerate()
    {
        let node = format!("input-{number}");
        platform_node(&app, &graph, &node, block, name).await;
        ran(&app, &id, &node, vec![("name", json!(name)), ("value", json!(number))]).await;
        expected[name] = json!(number);
    }
    assert_eq!(shown(&app, &id).await, (expected, json!({})));
}

#[tokio::test]
async fn a_name_counts_while_it_lasts_and_a_registration_wins() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = bare_execution(&app, &graph).await;
    platform_node(&app, &graph, "typed", "block", "AgentColourInputBlock").await;
    ran(
        &app,
        &id,
        "typed",
        vec![("name", json!("colour")), ("value", json!("red"))],
    )
    .await;
    let as_input = (json!({ "colour": "red" }), json!({}));
    let as_nothing = (json!({}), json!({}));
    assert_eq!(shown(&app, &id).await, as_input);

    let rename = r#"UPDATE "AgentBlock" SET name = $1 WHERE id = 'block'"#;
    app.db.execute(rename, &[&"Colours"]).await;
    assert_eq!(shown(&app, &id).await, as_nothing);
    app.db.execute(rename, &[&"AgentColoursInputBlock"]).await;
    assert_eq!(shown(&app, &id).await, as_input);

    let registration = json!({ "name": "AgentColoursInputBlock", "type": "OUTPUT" });
    app.service
        .put("/api/blocks/block")
        .json(&registration)
        .expect(200)
        .await;
    let as_output = (json!({}), json!({ "colour": ["red"] }));
    assert_eq!(shown(&app, &id).await, as_output);
    app.db.execute(rename, &[&"AgentHueInputBlock"]).await;
    assert_eq!(
        shown(&app, &id).await,
        as_output,
        "what was registered stays, whatever the block is called"
    );
}
