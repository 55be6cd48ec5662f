//! Node executions: one, the newest of a node, what they gave, and lists of them at any length.

use std::collections::BTreeSet;

use runledger_tests::{App, Client, Graph, STATUSES, StoredNode};
use serde_json::{Value, json};

/// A stored node execution of the world of lists.
#[derive(Debug, Clone)]
struct Row {
    id: String,
    execution: &'static str,
    node: &'static str,
    status: &'static str,
    /// Seconds after the start of 2026. Three rows share each second.
    added: usize,
}

/// Rows of that world.
const ROWS: usize = 120;

/// Node executions of four executions: two of `ann`, one of them of her other graph, one of `bob`, and a deleted one.
fn rows() -> Vec<Row> {
    (0..ROWS)
        .map(|number| Row {
            id: format!("n{:03}", number * 77 % ROWS),
            execution: ["first", "second", "first", "bobs", "deleted"][number % 5],
            node: ["work", "output", "work"][number % 3],
            status: STATUSES[number % 7],
            added: number / 3,
        })
        .collect()
}

async fn execution(app: &App, id: &str, graph: &str, user: &str, deleted: bool) {
    app.db
        .execute(
            r#"INSERT INTO "AgentGraphExecution" (id, "userId", "agentGraphId", "executionStatus", "isDeleted")
               VALUES ($1, $2, $3, 'RUNNING', $4)"#,
            &[&id, &user, &graph, &deleted],
        )
        .await;
}

async fn world() -> (App, Vec<Row>) {
    let app = App::start().await;
    for graph in ["weather", "news"] {
        app.graph(graph, "ann").await;
    }
    for (id, graph, user, deleted) in [
        ("first", "weather", "ann", false),
        ("second", "news", "ann", false),
        ("bobs", "weather", "bob", false),
        ("deleted", "weather", "ann", true),
    ] {
        execution(&app, id, graph, user, deleted).await;
    }
    let rows = rows();
    for row in &rows {
        store(&app, row).await;
    }
    (app, rows)
}

fn node_of(row: &Row) -> String {
    let graph = if row.execution == "second" { "news" } else { "weather" };
    format!("{graph}-1-{}", row.node)
}

async fn store(app: &App, row: &Row) {
    app.db
        .execute(
            r#"INSERT INTO "AgentNodeExecution" (id, "agentGraphExecutionId", "agentNodeId", "executionStatus",
                   "addedTime")
               VALUES ($1, $2, $3, $4::text::"AgentExecutionStatus", timestamp '2026-01-01' + $5 * interval '1 second')"#,
            &[&row.id, &row.execution, &node_of(row), &row.status, &(row.added as f64)],
        )
        .await;
}

fn newest_first(rows: &[Row], seen: impl Fn(&Row) -> bool) -> Vec<String> {
    let mut seen: Vec<&Row> = rows
        .iter()
        .filter(|row| row.execution != "deleted" && seen(row))
        .collect();
    seen.sort_by(|one, other| (other.added, &other.id).cmp(&(one.added, &one.id)));
    seen.into_iter().map(|row| row.id.clone()).collect()
}

fn ids(list: &Value) -> Vec<String> {
    let nodes = list["node_executions"]
        .as_array()
        .unwrap_or_else(|| panic!("{list} is no list of nodes"));
    let id = |node: &Value| node["node_exec_id"].as_str().unwrap().to_owned();
    nodes.iter().map(id).collect()
}

/// Reads a list to its end, a part at a time.
async fn read_all(caller: &Client, path: &str, limit: usize, most: usize) -> Vec<String> {
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let list = caller
            .get(&format!("{path}limit={limit}{cursor}"))
            .expect(200)
            .await
            .json();
        let members: BTreeSet<_> = list.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["next_cursor", "node_executions"].into());
        assert!(ids(&list).len() <= limit);
        seen.extend(ids(&list));
        assert!(seen.len() <= most, "the list of {path} does not end");
        match list["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return seen,
        }
    }
}

#[tokio::test]
async fn filters_choose_the_rows_and_any_limit_leads_through_them() {
    type Keeps = fn(&Row) -> bool;
    let (app, rows) = world().await;
    let of_ann: Keeps = |row| row.execution != "bobs";
    let checks: [(&str, Keeps); 13] = [
        ("", |_| true),
        ("graph_exec_id=first", |row| row.execution == "first"),
        ("graph_exec_id=deleted", |_| false),
        ("graph_exec_id=no-such-execution", |_| false),
        ("node_id=weather-1-work", |row| node_of(row) == "weather-1-work"),
        ("graph_exec_id=first&node_id=weather-1-output", |row| {
            row.execution == "first" && row.node == "output"
        }),
        ("block_ids=block-work", |row| row.node == "work"),
        ("block_ids=no-such-block&block_ids=block-work,another", |row| {
            row.node == "work"
        }),
        ("block_ids=no-such-block", |_| false),
        ("statuses=RUNNING,FAILED&graph_exec_id=first", |row| {
            row.execution == "first" && matches!(row.status, "RUNNING" | "FAILED")
        }),
        ("created_time_gte=2026-01-01T00:00:20Z", |row| row.added >= 20),
        (
            "created_time_gte=2026-01-01T00:00:10Z&created_time_lte=2026-01-01T00:00:12Z&include_exec_data=false",
            |row| (10..=12).contains(&row.added),
        ),
        (
            "created_time_lte=2026-01-01T00:00:19.999Z&graph_exec_id=second",
            |row| row.added < 20 && row.execution == "second",
        ),
    ];
    for (query, keeps) in checks {
        let path = format!("/api/node-executions?{query}&").replace("?&", "?");
        for (caller, reaches) in [
            (app.user("ann"), of_ann),
            (app.service_for("ann"), of_ann),
            (app.user("bob"), |row: &Row| row.execution == "bobs"),
            (app.admin.clone(), |_: &Row| true),
        ] {
            let expected = newest_first(&rows, |row| reaches(row) && keeps(row));
            for limit in [1, 7, 1000] {
                if limit > 1 || expected.len() < 20 {
                    assert_eq!(
                        read_all(&caller, &path, limit, ROWS).await,
                        expected,
                        "{path}, {limit} at a time"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn a_part_has_1_to_1000_nodes_and_100_when_nothing_is_said() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = many_nodes(&app, &graph, 1200).await;
    let ann = app.user("ann");
    let path = format!("/api/node-executions?graph_exec_id={id}");
    for (query, count) in [("", 100), ("&limit=1", 1), ("&limit=1000", 1000)] {
        let list = ann.get(&format!("{path}{query}")).expect(200).await.json();
        assert_eq!(
            (ids(&list).len(), list["next_cursor"].is_string()),
            (count, true),
            "{query}"
        );
    }
    for (query, name) in [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=all", "limit"),
        ("cursor=garbage", "cursor"),
        ("page=1", "page"),
        ("statuses=DONE", "statuses"),
        ("block_ids=", "block_ids"),
        ("include_exec_data=maybe", "include_exec_data"),
        ("created_time_gte=yesterday", "created_time_gte"),
        ("node_id=%0A", "node_id"),
    ] {
        let reply = ann.get(&format!("/api/node-executions?{query}")).expect(422).await;
        reply.expect_pointers(&[&format!("/query/{name}")]);
    }
}

/// An execution of `ann` with this many nodes, seven to a moment.
async fn many_nodes(app: &App, graph: &Graph, count: i32) -> String {
    let id = app.create(graph).await;
    app.db
        .execute(
            r#"INSERT INTO "AgentNodeExecution" (id, "agentGraphExecutionId", "agentNodeId", "executionStatus",
                   "addedTime", "queuedTime")
               SELECT format('%s-%s', $1::text, lpad(number::text, 6, '0')), $1, $2, 'COMPLETED',
                   timestamp '2025-01-01' + number / 7 * interval '1 ms',
                   timestamp '2025-01-01' + number * interval '1 ms'
               FROM generate_series(2, $3) AS number"#,
            &[&id, &graph.node("work"), &count],
        )
        .await;
    id
}

#[tokio::test]
async fn an_execution_of_100_000_nodes_is_read_in_parts_and_each_node_is_seen_once() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = many_nodes(&app, &graph, 100_000).await;
    let path = format!("/api/node-executions?graph_exec_id={id}&");
    let seen = read_all(&app.user("ann"), &path, 1000, 100_000).await;
    assert_eq!(seen.len(), 100_000);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 100_000, "a node came twice");
}

#[tokio::test]
async fn an_execution_comes_with_its_newest_thousand_nodes_and_a_cursor_for_the_rest() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let ann = app.user("ann");
    for (count, more) in [(1000, false), (1001, true), (2500, true)] {
        let id = many_nodes(&app, &graph, count).await;
        let path = format!("/api/executions/{id}?include_node_executions=true");
        let whole = ann.get(&path).expect(200).await.json();
        let mut seen = ids(&whole);
        assert_eq!(seen.len(), 1000, "{count}");
        let queued: Vec<&str> = whole["node_executions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|node| node["queue_time"].as_str().unwrap())
            .collect();
        assert!(queued.is_sorted(), "nodes come in queue order");
        assert_eq!(whole["next_node_cursor"].is_string(), more, "{count}");
        if let Some(cursor) = whole["next_node_cursor"].as_str() {
            let rest = format!("/api/node-executions?graph_exec_id={id}&cursor={cursor}&limit=1000");
            let rest = ann.get(&rest).expect(200).await.json();
            seen.extend(ids(&rest));
        }
        let all: BTreeSet<_> = seen.iter().collect();
        let expected = usize::try_from(count).unwrap().min(2000);
        assert_eq!(
            (seen.len(), all.len()),
            (expected, expected),
            "none is lost, none comes twice"
        );
    }
}

#[tokio::test]
async fn a_list_is_stable_while_nodes_are_added() {
    let (app, rows) = world().await;
    let ann = app.user("ann");
    let expected = newest_first(&rows, |row| row.execution == "first");
    let (mut seen, mut cursor, mut part) = (Vec::new(), String::new(), 0);
    loop {
        let path = format!("/api/node-executions?graph_exec_id=first&limit=5{cursor}");
        let list = ann.get(&path).expect(200).await.json();
        seen.extend(ids(&list));
        let late = Row {
            id: format!("z{part}"),
            added: ROWS,
            ..rows[0].clone()
        };
        store(&app, &late).await;
        part += 1;
        match list["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, expected);
}

/// An execution with one node execution as the platform may have stored it; gives the ids.
async fn with_node(app: &App, graph: &Graph, node: &StoredNode<'_>) -> (String, String) {
    let id = app.create(graph).await;
    let node_id = format!("{id}-n");
    app.db.store_node(&id, &node_id, node).await;
    (id, node_id)
}

#[tokio::test]
async fn a_node_execution_is_shown_the_same_on_every_route_and_without_its_data_on_request() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let work = graph.node("work");
    let node = StoredNode {
        node: &work,
        stats: Some(json!({ "cleared_outputs": { "o": [1, 2] } })),
        execution_data: Some(json!({ "a": 1 })),
        queued: Some(1e9),
        added: 1e9,
        ..StoredNode::default()
    };
    let (id, node_id) = with_node(&app, &graph, &node).await;
    let ann = app.user("ann");
    let one = ann.get(&format!("/api/node-executions/{node_id}")).expect(200).await;
    let whole = one.json();
    assert_eq!(
        whole,
        json!({
            "user_id": "ann", "graph_id": "weather", "graph_version": 1, "graph_exec_id": id, "node_exec_id": node_id,
            "node_id": work, "block_id": "block-work", "status": "COMPLETED",
            "input_data": { "a": 1 }, "output_data": { "o": [1, 2] },
            "add_time": whole["add_time"], "queue_time": whole["add_time"], "start_time": null,
            "end_time": whole["end_time"],
        })
    );
    let list = format!("/api/node-executions?graph_exec_id={id}&limit=1");
    let listed = ann.get(&list).expect(200).await.json();
    assert_eq!(listed["node_executions"][0], whole);
    let latest = format!("/api/executions/{id}/nodes/{work}/latest");
    assert_eq!(ann.get(&latest).expect(200).await.json(), whole);
    let execution = ann
        .get(&format!("/api/executions/{id}?include_node_executions=true"))
        .expect(200)
        .await
        .json();
    assert_eq!(execution["node_executions"][1], whole);
    let bare = ann
        .get(&format!("{list}&include_exec_data=false"))
        .expect(200)
        .await
        .json();
    let bare = &bare["node_executions"][0];
    assert_eq!((&bare["input_data"], &bare["output_data"]), (&json!({}), &json!({})));
    assert_eq!(bare["status"], "COMPLETED");

    let etag = one.header("etag").expect("one resource carries an ETag").to_owned();
    let path = format!("/api/node-executions/{node_id}");
    ann.get(&path).header("if-none-match", &etag).expect(304).await;
}

#[tokio::test]
async fn the_latest_is_the_newest_by_queue_time_that_is_not_incomplete() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let body = json!({ "graph_version": 1, "inputs": {}, "starting_nodes_input": [] });
    let created = app
        .service_for("ann")
        .post(&graph.executions())
        .json(&body)
        .expect(201)
        .await;
    let id = created.text("id");
    let (work, ann) = (graph.node("work"), app.user("ann"));
    let path = format!("/api/executions/{id}/nodes/{work}/latest");
    let mut expected = None;
    for (name, status, added, queued, is_latest) in [
        ("incomplete", "INCOMPLETE", 90.0, None, false),
        ("old", "COMPLETED", 5.0, Some(20.0), true),
        ("added-later", "FAILED", 9.0, Some(10.0), false),
        ("review", "REVIEW", 1.0, Some(30.0), true),
        ("never-queued", "TERMINATED", 25.0, None, false),
        ("never-queued-newest", "TERMINATED", 40.0, None, true),
        ("newest", "RUNNING", 0.0, Some(50.0), true),
    ] {
        if expected.is_none() {
            ann.get(&path).expect(404).await;
        }
        let node = StoredNode {
            node: &work,
            added,
            queued,
            ..StoredNode::default()
        };
        app.db.store_node(&id, name, &node).await;
        let sql =
            r#"UPDATE "AgentNodeExecution" SET "executionStatus" = $2::text::"AgentExecutionStatus" WHERE id = $1"#;
        app.db.execute(sql, &[&name, &status]).await;
        if is_latest {
            expected = Some(name);
        }
        match expected {
            Some(expected) => assert_eq!(ann.get(&path).expect(200).await.text("node_exec_id"), expected),
            None => drop(ann.get(&path).expect(404).await),
        }
    }
    let output = graph.node("output");
    ann.get(&format!("/api/executions/{id}/nodes/{output}/latest"))
        .expect(404)
        .await;
}

#[tokio::test]
async fn outputs_are_noted_one_by_one_and_the_last_of_a_name_counts() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let node = app.first_node(&id).await;
    let path = format!("/api/node-executions/{node}");
    let outputs = format!("{path}/outputs");
    assert_eq!(app.user("ann").get(&outputs).expect(200).await.json(), json!({}));
    for body in [
        json!({ "name": "report", "data": "Rain" }),
        json!({ "name": "report", "data": { "more": ["rain"] } }),
        json!({ "name": "nothing" }),
        json!({ "name": "null", "data": null }),
        json!({ "name": "", "data": 0 }),
    ] {
        let reply = app.service.post(&outputs).json(&body).expect(204).await;
        assert!(reply.body.is_empty());
    }
    let shown = app.user("ann").get(&outputs).expect(200).await.json();
    assert_eq!(
        shown,
        json!({ "": 0, "report": { "more": ["rain"] } }),
        "a value that is not there is left out"
    );
    let whole = app.user("ann").get(&path).expect(200).await.json();
    assert_eq!(
        whole["output_data"],
        json!({ "": [0], "nothing": [null], "null": [null], "report": ["Rain", { "more": ["rain"] }] })
    );
    let before = app.db.snapshot().await;
    for (body, pointer) in [
        (json!({}), "/name"),
        (json!({ "name": 7 }), "/name"),
        (json!({ "name": "a", "value": 1 }), "/value"),
    ] {
        let reply = app.service.post(&outputs).json(&body).expect(422).await;
        reply.expect_pointers(&[pointer]);
    }
    app.service
        .post("/api/node-executions/no-such-node/outputs")
        .json(&json!({ "name": "a" }))
        .expect(404)
        .await;
    app.db.expect_unchanged(&before, "an output that does not fit").await;
}

#[tokio::test]
async fn the_nodes_of_a_deleted_execution_are_hidden() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let (node, ann) = (app.first_node(&id).await, app.user("ann"));
    ann.delete(&format!("/api/executions/{id}")).expect(204).await;
    let path = format!("/api/node-executions/{node}");
    ann.get(&path).expect(404).await;
    ann.get(&format!("{path}/outputs")).expect(404).await;
    ann.get(&format!("/api/executions/{id}/nodes/{}/latest", graph.node("work")))
        .expect(404)
        .await;
    // Its executor goes on.
    let running = app.service.patch(&path).json(&json!({ "status": "RUNNING" }));
    running.expect(200).await;
    ann.get(&path).expect(404).await;
    let list = ann.get("/api/node-executions").expect(200).await.json();
    assert_eq!(list, json!({ "node_executions": [], "next_cursor": null }));
    ann.post(&format!("/api/executions/{id}/restore")).expect(200).await;
    ann.get(&path).expect(200).await;
}
