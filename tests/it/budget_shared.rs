//! What anyone with a share link can ask for costs little, whatever the run gave.

use futures::future::join_all;
use runledger_tests::{App, Graph, is_spin};
use serde_json::Value;

/// A run with this many OUTPUT values, each the text that `sql` makes, shared; its link.
async fn shared(app: &App, graph: &Graph, values: i32, sql: &str) -> String {
    let run = app.create_in(graph, "COMPLETED").await;
    let nodes = r#"INSERT INTO "AgentNodeExecution"
        (id, "agentGraphExecutionId", "agentNodeId", "executionStatus", "addedTime", "queuedTime")
        SELECT $1 || '-' || n, $1, $2, 'COMPLETED', now(), now() + n * interval '1 second' FROM generate_series(1, $3) n"#;
    app.db.execute(nodes, &[&run, &graph.node("output"), &values]).await;
    let names = r#"INSERT INTO "AgentNodeExecutionInputOutput" (id, name, data, time, "referencedByInputExecId")
        SELECT $1 || '-name-' || n, 'name', to_jsonb('out'::text), now(), $1 || '-' || n FROM generate_series(1, $2) n"#;
    app.db.execute(names, &[&run, &values]).await;
    let data = format!(
        r#"INSERT INTO "AgentNodeExecutionInputOutput" (id, name, data, time, "referencedByInputExecId")
        SELECT $1 || '-value-' || n, 'value', to_jsonb(text.text), now(), $1 || '-' || n
        FROM (SELECT ({sql}) AS text OFFSET 0) AS text, generate_series(1, $2) n"#
    );
    app.db.execute(&data, &[&run, &values]).await;
    let path = format!("/api/graphs/{}/executions/{run}/share", graph.id);
    let link = app.user(&graph.owner).post(&path).expect(200).await.json();
    format!("/api/public/shared/{}", link["share_token"].as_str().unwrap())
}

/// A text that does not get smaller when it is compressed, of about so many bytes.
fn incompressible(bytes: u32) -> String {
    format!(
        "SELECT string_agg(md5(random()::text || n), '') FROM generate_series(1, {}) n",
        bytes / 32
    )
}

#[tokio::test]
async fn a_shared_result_of_any_size_is_bounded_and_cheap() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let links = [
        shared(&app, &graph, 40, "SELECT repeat('x', 8000000)").await,
        shared(&app, &graph, 40, &incompressible(8_000_000)).await,
        // As much as there is room for.
        shared(&app, &graph, 60, &incompressible(100_000)).await,
    ];
    for (number, path) in links.iter().enumerate() {
        let replies = join_all((0..32).map(|_| app.anonymous.get(path).expect(200))).await;
        for reply in replies {
            assert!(reply.body.len() <= 4 << 20, "{} bytes", reply.body.len());
            let shown = reply.json();
            assert_eq!(shown["truncated"], true);
            let values = shown["outputs"]["out"].as_array().expect("values");
            let whole = values.iter().filter(|value| value.is_string()).count();
            // Nothing is shown as if it were the value.
            assert!(
                values
                    .iter()
                    .all(|value| value.is_string() || value["$truncated"]["stored_bytes"].is_u64())
            );
            assert!(if number == 2 { whole >= 38 } else { whole == 0 }, "{whole} values");
        }
        if !is_spin()
            && let Some(megabytes) = app.host.peak_memory()
        {
            // Of what is not shown nothing is held; what is shown is held several times on its way, in host and component.
            let most = if number == 2 { 1000 } else { 400 };
            assert!(megabytes < most, "the host had {megabytes} MB for link {number}");
        }
    }
}

#[tokio::test]
async fn small_values_beside_a_large_one_are_shown() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let path = shared(&app, &graph, 3, "SELECT repeat('x', 8000000)").await;
    let small = r#"UPDATE "AgentNodeExecutionInputOutput" SET data = '"small"'
        WHERE name = 'value' AND id NOT LIKE '%-1'"#;
    app.db.execute(small, &[]).await;
    let shown = app.anonymous.get(&path).expect(200).await.json();
    assert_eq!(shown["outputs"]["out"][1], "small");
    assert_eq!(shown["outputs"]["out"][2], "small");
    assert!(shown["outputs"]["out"][0]["$truncated"]["stored_bytes"].is_u64());
    app.db
        .execute(
            r#"UPDATE "AgentNodeExecutionInputOutput" SET data = '"small"' WHERE name = 'value'"#,
            &[],
        )
        .await;
    let shown = app.anonymous.get(&path).expect(200).await.json();
    assert_eq!(shown.get("truncated"), None::<&Value>);
}
