//! Lists: order, bounds, filters, pages and cursors. One test of a list, for every list.

use std::collections::BTreeSet;

use runledger_tests::{App, Client, STATUSES};
use serde_json::{Value, json};

/// Rows of the world below.
const ROWS: usize = 120;

/// A stored execution.
#[derive(Debug, Clone)]
struct Row {
    id: String,
    user: &'static str,
    graph: &'static str,
    version: i32,
    status: &'static str,
    parent: Option<&'static str>,
    deleted: bool,
    /// Seconds after the start of 2026. Three rows share each second.
    created: usize,
}

/// A filter, and the rows that it keeps.
type Filter = (&'static str, fn(&Row) -> bool);

/// Executions of two users, two graphs, two versions and every status, some of them deleted, half of them children;
/// ids that do not follow the age.
fn rows() -> Vec<Row> {
    (0..ROWS)
        .map(|number| Row {
            id: format!("e{:03}", number * 77 % ROWS),
            user: if number % 6 == 5 { "bob" } else { "ann" },
            graph: if number % 4 == 3 { "news" } else { "weather" },
            version: if number % 4 == 2 { 2 } else { 1 },
            status: STATUSES[number % 7],
            parent: (number % 2 == 0).then_some("parent"),
            deleted: number % 11 == 10,
            created: number / 3,
        })
        .collect()
}

async fn store(app: &App, row: &Row) {
    app.db
        .execute(
            r#"INSERT INTO "AgentGraphExecution" (id, "userId", "agentGraphId", "agentGraphVersion", "executionStatus",
                   "parentGraphExecutionId", "isDeleted", "createdAt")
               VALUES ($1, $2, $3, $4, $5::text::"AgentExecutionStatus", $6, $7,
                   timestamp '2026-01-01' + $8 * interval '1 second')"#,
            &[
                &row.id,
                &row.user,
                &row.graph,
                &row.version,
                &row.status,
                &row.parent,
                &row.deleted,
                &(row.created as f64),
            ],
        )
        .await;
}

/// The ids of the rows that are to be seen, in the order of every list.
fn newest_first(rows: &[Row], seen: impl Fn(&Row) -> bool) -> Vec<String> {
    let mut seen: Vec<&Row> = rows.iter().filter(|row| !row.deleted && seen(row)).collect();
    seen.sort_by(|one, other| (other.created, &other.id).cmp(&(one.created, &one.id)));
    seen.into_iter().map(|row| row.id.clone()).collect()
}

/// The world of these tests: an application with all the rows, and a parent of half of them.
async fn world() -> (App, Vec<Row>) {
    let app = App::start().await;
    for (graph, version) in [("weather", 1), ("weather", 2), ("news", 1)] {
        app.graph_version(graph, version, "ann").await;
    }
    // The parent is older than all, of another graph, and another user's, so that it is in none of the lists.
    app.graph("parents", "carol").await;
    let parent = Row {
        id: "parent".to_owned(),
        user: "ann",
        graph: "parents",
        version: 1,
        status: "RUNNING",
        parent: None,
        deleted: false,
        created: 0,
    };
    let mut rows = rows();
    rows.push(parent.clone());
    store(&app, &parent).await;
    for row in &rows[..ROWS] {
        store(&app, row).await;
    }
    (app, rows)
}

fn ids(list: &Value) -> Vec<String> {
    let executions = list["executions"]
        .as_array()
        .unwrap_or_else(|| panic!("{list} is no list"));
    executions
        .iter()
        .map(|execution| execution["id"].as_str().unwrap().to_owned())
        .collect()
}

fn with(path: &str, query: &str) -> String {
    format!("{path}{}{query}", if path.contains('?') { '&' } else { '?' })
}

/// The members of an object.
fn members(object: &Value) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Whether a list keeps all the rules of lists.
async fn check_list(caller: &Client, path: &str, expected: &[String]) {
    check_pages(caller, path, expected).await;
    check_cursors(caller, path, expected).await;
    check_bounds(caller, path).await;
}

async fn check_pages(caller: &Client, path: &str, expected: &[String]) {
    let first = caller.get(path).expect(200).await.json();
    assert_eq!(members(&first), ["executions", "pagination"].into());
    assert_eq!(
        ids(&first),
        expected[..expected.len().min(25)],
        "the default page of {path}"
    );
    for size in [1, 7, 25, 100] {
        let pages = expected.len().div_ceil(size);
        let mut seen = Vec::new();
        for page in 1..=pages.min(9) {
            let list = caller
                .get(&with(path, &format!("page={page}&page_size={size}")))
                .expect(200)
                .await
                .json();
            let pagination = json!({
                "total_items": expected.len(), "total_pages": pages, "current_page": page, "page_size": size,
            });
            assert_eq!(list["pagination"], pagination);
            seen.extend(ids(&list));
        }
        assert_eq!(
            seen,
            expected[..expected.len().min(9 * size)],
            "pages of {size} of {path}"
        );
    }
    for page in ["1000", "1000000"] {
        let beyond = caller
            .get(&with(path, &format!("page={page}")))
            .expect(200)
            .await
            .json();
        assert_eq!(
            (ids(&beyond), &beyond["pagination"]["total_items"]),
            (vec![], &json!(expected.len())),
            "{path}"
        );
    }
}

async fn check_cursors(caller: &Client, path: &str, expected: &[String]) {
    for limit in [1, 7, 100] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            // An empty cursor is the list's beginning.
            let after = format!("&cursor={cursor}");
            let list = caller
                .get(&with(path, &format!("limit={limit}{after}")))
                .expect(200)
                .await
                .json();
            assert_eq!(members(&list), ["executions", "next_cursor"].into());
            assert!(ids(&list).len() <= limit);
            seen.extend(ids(&list));
            assert!(seen.len() <= expected.len(), "the list of {path} does not end");
            match list["next_cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }
        assert_eq!(seen, expected, "the list of {path}, {limit} at a time");
    }
    let first = caller.get(&with(path, "limit=3")).expect(200).await.json();
    let cursor = first["next_cursor"].as_str().expect("there is more");
    let next = caller
        .get(&with(path, &format!("cursor={cursor}")))
        .expect(200)
        .await
        .json();
    assert_eq!(
        ids(&next),
        expected[3..expected.len().min(28)],
        "25 is the default after a cursor too"
    );
}

async fn check_bounds(caller: &Client, path: &str) {
    for (query, names) in [
        ("page=0", &["page"] as &[&str]),
        ("page=-1", &["page"]),
        ("page=x", &["page"]),
        ("page=", &["page"]),
        ("page=1.5", &["page"]),
        ("page=4294967296", &["page"]),
        ("page=1&page=2", &["page"]),
        ("page_size=0", &["page_size"]),
        ("page_size=101", &["page_size"]),
        ("page_size=ten", &["page_size"]),
        ("limit=0", &["limit"]),
        ("limit=101", &["limit"]),
        ("limit=-5", &["limit"]),
        ("limit=all", &["limit"]),
        ("cursor=garbage", &["cursor"]),
        ("cursor=%00", &["cursor"]),
        ("cursor=bm90IGEgY3Vyc29y", &["cursor"]),
        ("offset=3", &["offset"]),
        ("sort=asc", &["sort"]),
    ] {
        let pointers: Vec<String> = names.iter().map(|name| format!("/query/{name}")).collect();
        let pointers: Vec<&str> = pointers.iter().map(String::as_str).collect();
        caller
            .get(&with(path, query))
            .expect(422)
            .await
            .expect_pointers(&pointers);
    }
    let first = caller.get(&with(path, "limit=2")).expect(200).await.json();
    let cursor = first["next_cursor"].as_str().expect("there is more").to_owned();
    for both in [
        "page=1&limit=5",
        "page_size=5&limit=5",
        &format!("page=2&cursor={cursor}"),
    ] {
        caller.get(&with(path, both)).expect(422).await;
    }
    for spoilt in [&cursor[1..], &format!("{cursor}A"), &cursor.to_uppercase().repeat(3)] {
        let reply = caller.get(&with(path, &format!("cursor={spoilt}"))).expect(422).await;
        reply.expect_pointers(&["/query/cursor"]);
    }
}

#[tokio::test]
async fn every_list_keeps_the_rules_of_lists() {
    let (app, rows) = world().await;
    let ann = app.user("ann");
    check_list(&ann, "/api/executions", &newest_first(&rows, |row| row.user == "ann")).await;
    check_list(
        &app.service_for("ann"),
        "/api/executions",
        &newest_first(&rows, |row| row.user == "ann"),
    )
    .await;
    check_list(&app.admin, "/api/executions", &newest_first(&rows, |_| true)).await;
    let weather = newest_first(&rows, |row| row.user == "ann" && row.graph == "weather");
    check_list(&ann, "/api/graphs/weather/executions", &weather).await;
    let children = newest_first(&rows, |row| row.user == "ann" && row.parent.is_some());
    check_list(&ann, "/api/executions/parent/children", &children).await;
    let filtered = newest_first(&rows, |row| {
        row.user == "ann" && matches!(row.status, "RUNNING" | "FAILED")
    });
    check_list(&ann, "/api/executions?statuses=RUNNING,FAILED", &filtered).await;
}

#[tokio::test]
async fn filters_choose_the_rows_of_lists_and_counts() {
    let (app, rows) = world().await;
    let checks: [Filter; 17] = [
        ("", |_| true),
        ("graph_version=2", |row| row.version == 2),
        ("statuses=RUNNING", |row| row.status == "RUNNING"),
        ("statuses=RUNNING,QUEUED", |row| {
            matches!(row.status, "RUNNING" | "QUEUED")
        }),
        ("statuses=RUNNING&statuses=QUEUED", |row| {
            matches!(row.status, "RUNNING" | "QUEUED")
        }),
        ("statuses=RUNNING%2CQUEUED&statuses=REVIEW", |row| {
            matches!(row.status, "RUNNING" | "QUEUED" | "REVIEW")
        }),
        ("statuses=FAILED,FAILED", |row| row.status == "FAILED"),
        ("created_time_gte=2026-01-01T00:00:20Z", |row| row.created >= 20),
        ("created_time_gte=2026-01-01T00:00:20.001Z", |row| row.created > 20),
        ("created_time_lte=2026-01-01T00:00:20.000Z", |row| row.created <= 20),
        ("created_time_lte=2026-01-01T00:00:19.999Z", |row| row.created < 20),
        ("created_time_gte=2026-01-01T02:00:20%2B02:00", |row| row.created >= 20),
        (
            "created_time_gte=2026-01-01T00:00:10Z&created_time_lte=2026-01-01T00:00:12Z",
            |row| (10..=12).contains(&row.created),
        ),
        ("created_time_gte=2026-02-01T00:00:00Z", |_| false),
        ("parent_graph_exec_id=parent", |row| row.parent.is_some()),
        ("parent_graph_exec_id=no-such-execution", |_| false),
        (
            "statuses=COMPLETED,TERMINATED&graph_version=1&created_time_gte=2026-01-01T00:00:05Z&parent_graph_exec_id=parent",
            |row| {
                matches!(row.status, "COMPLETED" | "TERMINATED")
                    && (row.version, row.created >= 5, row.parent.is_some()) == (1, true, true)
            },
        ),
    ];
    for (query, keeps) in &checks {
        for (user, caller) in [("ann", app.user("ann")), ("bob", app.service_for("bob"))] {
            for graph in [None, Some("weather"), Some("news"), Some("no-such-graph")] {
                let expected = newest_first(&rows, |row| {
                    row.user == user && graph.is_none_or(|graph| row.graph == graph) && keeps(row)
                });
                let filter = graph.map_or_else(|| (*query).to_owned(), |graph| format!("graph_id={graph}&{query}"));
                let path = with("/api/executions", &format!("{filter}&limit=100"));
                assert_eq!(ids(&caller.get(&path).expect(200).await.json()), expected, "{path}");
                let path = with("/api/executions/count", &filter);
                assert_eq!(
                    caller.get(&path).expect(200).await.json(),
                    json!({ "count": expected.len() }),
                    "{path}"
                );
                if let Some(graph) = graph {
                    let path = with(
                        &format!("/api/graphs/{graph}/executions"),
                        &format!("page_size=100&{query}"),
                    );
                    let list = caller.get(&path).expect(200).await.json();
                    assert_eq!(
                        (ids(&list), &list["pagination"]["total_items"]),
                        (expected.clone(), &json!(expected.len()))
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn a_filter_that_does_not_fit_is_pointed_at() {
    let app = App::start().await;
    let ann = app.user("ann");
    for path in [
        "/api/executions",
        "/api/executions/count",
        "/api/graphs/weather/executions",
    ] {
        for (query, name) in [
            ("statuses=DONE", "statuses"),
            ("statuses=RUNNING,DONE", "statuses"),
            ("statuses=running", "statuses"),
            ("graph_version=x", "graph_version"),
            ("graph_version=2147483648", "graph_version"),
            ("created_time_gte=yesterday", "created_time_gte"),
            ("created_time_lte=2026-01-32T00:00:00Z", "created_time_lte"),
            ("created_time_gte=2026-01-01", "created_time_gte"),
            ("parent_graph_exec_id=", "parent_graph_exec_id"),
            ("parent_graph_exec_id=%0A", "parent_graph_exec_id"),
        ] {
            let reply = ann.get(&with(path, query)).expect(422).await;
            reply.expect_pointers(&[&format!("/query/{name}")]);
        }
    }
    let long = "g".repeat(129);
    ann.get(&format!("/api/executions?graph_id={long}"))
        .expect(422)
        .await
        .expect_pointers(&["/query/graph_id"]);
}

#[tokio::test]
async fn a_list_read_by_cursor_is_stable_while_rows_are_inserted() {
    let (app, rows) = world().await;
    let ann = app.user("ann");
    let expected = newest_first(&rows, |row| row.user == "ann");
    let (mut seen, mut path, mut page) = (Vec::new(), "/api/executions?limit=5".to_owned(), 0);
    loop {
        let list = ann.get(&path).expect(200).await.json();
        seen.extend(ids(&list));
        // Newer ones, and a twin of the newest that was seen, with an id that sorts before it.
        for (number, created) in [(0, ROWS), (1, ROWS / 3 - 1)] {
            let late = Row {
                id: format!("z-{page}-{number}"),
                user: "ann",
                deleted: false,
                created,
                ..rows[0].clone()
            };
            store(&app, &late).await;
        }
        page += 1;
        match list["next_cursor"].as_str() {
            Some(next) => path = format!("/api/executions?limit=5&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, expected, "none twice, none left out");
}

#[tokio::test]
async fn a_list_carries_metas() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let parent = app.create(&graph).await;
    let id = app.create_child(&graph, &parent).await;
    app.drive(&id, "COMPLETED").await;
    let list = app
        .user("ann")
        .get(&format!("/api/executions/{parent}/children"))
        .expect(200)
        .await
        .json();
    insta::assert_json_snapshot!("listed", list, {
        ".executions[].id" => "[id]", ".executions[].parent_graph_exec_id" => "[parent]",
        ".executions[].created_at" => "[time]", ".executions[].updated_at" => "[time]",
        ".executions[].started_at" => "[time]", ".executions[].ended_at" => "[time]",
    });
    for path in [
        "/api/executions?page_size=1",
        "/api/graphs/weather/executions?page_size=1",
    ] {
        let other = app.user("ann").get(path).expect(200).await.json();
        assert_eq!(
            other["executions"], list["executions"],
            "every list shows the same of an execution"
        );
    }
}

#[tokio::test]
async fn children_are_those_of_a_parent_within_reach() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let parent = app.create(&graph).await;
    let child = app.create_child(&graph, &parent).await;
    let grandchild = app.create_child(&graph, &child).await;
    let children = async |id: &str| {
        ids(&app
            .user("ann")
            .get(&format!("/api/executions/{id}/children"))
            .expect(200)
            .await
            .json())
    };
    assert_eq!(children(&parent).await, [child.as_str()]);
    assert_eq!(children(&child).await, [grandchild.as_str()]);
    assert_eq!(children(&grandchild).await, [] as [String; 0]);
    app.user("ann")
        .delete(&format!("/api/executions/{child}"))
        .expect(204)
        .await;
    assert_eq!(children(&parent).await, [] as [String; 0]);
}
