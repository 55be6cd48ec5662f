//! What platforms store and nobody foresaw: new members of their enums, times that RFC 3339 cannot say, numbers beyond a
//! double, rows that do not decode. Each costs itself, never what stands beside it.

use std::collections::BTreeMap;

use runledger_tests::{App, Behaviour, Client, Graph, Llm, until};
use serde_json::{Value, json};

use crate::analytics::{score, with_models};

/// What a later platform may store in an execution, and what is shown of it.
const VALUES: [(&str, &str, Value); 9] = [
    (r#""executionStatus" = 'PAUSED'"#, "status", Value::Null),
    (r#""startedAt" = 'infinity'"#, "started_at", Value::Null),
    (r#""endedAt" = '-infinity'"#, "ended_at", Value::Null),
    (r#""createdAt" = 'infinity'"#, "created_at", Value::Null),
    (r#""createdAt" = '-infinity'"#, "created_at", Value::Null),
    (r#""createdAt" = '10000-01-01'"#, "created_at", Value::Null),
    (r#""createdAt" = '0044-03-15 BC'"#, "created_at", Value::Null),
    (
        r#""updatedAt" = '294276-12-31 23:59:59.999'"#,
        "updated_at",
        Value::Null,
    ),
    (r#"stats = '{"correctness_score": 1e400}'"#, "stats", Value::Null),
];

/// A graph with an execution for each of these, and one that is as it should be, all FAILED.
struct World {
    app: App,
    graph: Graph,
    good: String,
    bad: Vec<String>,
}

async fn new_members(app: &App) {
    for (kind, member) in [
        ("AgentExecutionStatus", "PAUSED"),
        ("CreditTransactionType", "BONUS"),
        ("SubmissionStatus", "WITHDRAWN"),
    ] {
        app.db
            .execute(&format!(r#"ALTER TYPE "{kind}" ADD VALUE '{member}'"#), &[])
            .await;
    }
}

async fn set(app: &App, table: &str, id: &str, set: &str) {
    let sql = format!(r#"UPDATE "{table}" SET {set} WHERE id = $1"#);
    app.db.execute(&sql, &[&id]).await;
}

impl World {
    async fn new() -> Self {
        let app = App::start().await;
        let graph = app.graph("weather", "ann").await;
        new_members(&app).await;
        let mut bad = Vec::new();
        for (value, ..) in VALUES {
            let id = app.create_in(&graph, "FAILED").await;
            set(&app, "AgentGraphExecution", &id, value).await;
            bad.push(id);
        }
        let good = app.create_in(&graph, "FAILED").await;
        Self { app, graph, good, bad }
    }

    /// Every execution by its id, of a list, which has all of them, each with what is to be shown.
    #[track_caller]
    fn check(&self, what: &str, list: &Value) {
        let list = list.as_array().unwrap_or_else(|| panic!("{what}: {list}"));
        let shown: BTreeMap<_, _> = list.iter().map(|item| (item["id"].as_str().unwrap(), item)).collect();
        assert_eq!(
            (shown.len(), list.len()),
            (self.bad.len() + 1, self.bad.len() + 1),
            "{what}"
        );
        assert_eq!(shown[self.good.as_str()]["status"], "FAILED", "{what}");
        for (id, (set, member, _)) in self.bad.iter().zip(VALUES) {
            let expected = if member == "status" {
                json!("PAUSED")
            } else {
                Value::Null
            };
            assert_eq!(shown[id.as_str()][member], expected, "{what}: {set}");
        }
    }

    async fn get(&self, client: &Client, path: &str) -> Value {
        client.get(path).expect(200).await.json()
    }
}

#[tokio::test]
async fn lists_and_reads_show_null_or_the_text() {
    let world = World::new().await;
    let ann = world.app.user("ann");
    for path in [
        "/api/executions?page_size=100",
        "/api/executions?limit=100",
        "/api/graphs/weather/executions?page_size=100",
        "/api/graphs/weather/executions?limit=100",
    ] {
        world.check(path, &world.get(&ann, path).await["executions"]);
    }
    // Page after page, in the order of the times that cannot be shown, too.
    let (mut cursor, mut listed, mut order) = (String::new(), Vec::new(), Vec::new());
    loop {
        let page = world.get(&ann, &format!("/api/executions?limit=1{cursor}")).await;
        for item in page["executions"].as_array().unwrap() {
            order.push(item["id"].as_str().unwrap().to_owned());
            listed.push(item.clone());
        }
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    world.check("pages of one", &listed.into());
    let last: Vec<_> = order.iter().rev().take(2).collect();
    assert_eq!((&order[0], &order[1]), (&world.bad[3], &world.bad[5]));
    assert_eq!(last, [&world.bad[4], &world.bad[6]]);

    let mut singles = Vec::new();
    for id in world.bad.iter().chain([&world.good]) {
        let path = format!("/api/executions/{id}?include_node_executions=true");
        singles.push(world.get(&ann, &path).await);
    }
    world.check("single reads", &singles.into());

    let paged = world.get(&ann, "/api/executions/count").await;
    assert_eq!(paged["count"], world.bad.len() + 1);
    let rpc = |method: &str, arguments: Value| world.app.service.post(&format!("/rpc/{method}")).json(&arguments);
    let all = json!({ "user_id": "ann", "graph_id": "weather" });
    world.check("rpc", &rpc("get_graph_executions", all).expect(200).await.json());
    let page = json!({ "user_id": "ann", "graph_id": "weather", "page": 1, "page_size": 100 });
    let page = rpc("get_graph_executions_paginated", page).expect(200).await.json();
    world.check("rpc pages", &page["executions"]);
    for method in ["get_graph_execution_meta", "get_graph_execution"] {
        let mut singles = Vec::new();
        for id in world.bad.iter().chain([&world.good]) {
            let arguments = json!({ "user_id": "ann", "execution_id": id });
            singles.push(rpc(method, arguments).expect(200).await.json());
        }
        world.check(method, &singles.into());
    }
    // A line for each value that is not shown.
    let told = |id: &str| {
        world
            .app
            .host
            .log()
            .iter()
            .any(|line| line.contains(id) && line.contains("null"))
    };
    until("the log says so", async || told(&world.bad[1]).then_some(())).await;

    // What is asked for has to be known.
    let unknown = ann.get("/api/executions?statuses=PAUSED").expect(422).await;
    unknown.expect_pointers(&["/query/statuses"]);
}

#[tokio::test]
async fn node_executions_show_null_or_the_text() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    new_members(&app).await;
    let id = app.create_in(&graph, "RUNNING").await;
    let bad = app.first_node(&id).await;
    let sql = r#""executionStatus" = 'PAUSED', "addedTime" = 'infinity', "queuedTime" = '-infinity',
                 "startedTime" = '10000-01-01', "endedTime" = '0044-03-15 BC'"#;
    set(&app, "AgentNodeExecution", &bad, sql).await;
    let input = json!({ "name": "city", "data": "Ghent" });
    let give = app
        .service
        .post(&format!("/api/executions/{id}/nodes/{}/inputs", graph.node("output")));
    give.json(&input).expect(200).await;
    let ann = app.user("ann");
    let mut shown = vec![
        ann.get(&format!("/api/node-executions/{bad}")).expect(200).await.json(),
        ann.get(&format!("/api/executions/{id}/nodes/{}/latest", graph.node("work")))
            .expect(200)
            .await
            .json(),
    ];
    for path in [
        format!("/api/node-executions?graph_exec_id={id}"),
        "/api/node-executions".to_owned(),
    ] {
        let list = ann.get(&path).expect(200).await.json()["node_executions"].clone();
        assert_eq!(list.as_array().map(Vec::len), Some(2), "{path}");
        shown.push(list[0].clone());
    }
    let first = ann.get("/api/node-executions?limit=1").expect(200).await.json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = ann
        .get(&format!("/api/node-executions?limit=1&cursor={cursor}"))
        .expect(200)
        .await
        .json();
    assert_eq!(rest["node_executions"][0]["status"], "INCOMPLETE");
    let whole = format!("/api/executions/{id}?include_node_executions=true");
    let nodes = ann.get(&whole).expect(200).await.json()["node_executions"].clone();
    shown.extend(
        nodes
            .as_array()
            .unwrap()
            .iter()
            .find(|node| node["node_exec_id"] == bad.as_str())
            .cloned(),
    );
    let arguments = json!({ "graph_exec_id": id });
    let nodes = app
        .service
        .post("/rpc/get_node_executions")
        .json(&arguments)
        .expect(200)
        .await
        .json();
    shown.extend(
        nodes
            .as_array()
            .unwrap()
            .iter()
            .find(|node| node["node_exec_id"] == bad.as_str())
            .cloned(),
    );
    assert_eq!(shown.len(), 6);
    for node in shown {
        assert_eq!(
            (&node["node_exec_id"], &node["status"]),
            (&json!(bad), &json!("PAUSED"))
        );
        for time in ["add_time", "queue_time", "start_time", "end_time"] {
            assert_eq!(node[time], Value::Null, "{node}");
        }
    }
    // No rule moves it.
    let path = format!("/api/node-executions/{bad}");
    let refused = app
        .service
        .patch(&path)
        .json(&json!({ "status": "COMPLETED" }))
        .expect(409)
        .await
        .json();
    assert_eq!(refused["current_status"], "PAUSED");
}

#[tokio::test]
async fn a_run_of_an_unknown_status_is_moved_by_nobody_and_holds_up_nobody() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    new_members(&app).await;
    let parent = app.create_in(&graph, "RUNNING").await;
    let child = app.create_child(&graph, &parent).await;
    let other = app.create_child(&graph, &parent).await;
    set(&app, "AgentGraphExecution", &child, r#""executionStatus" = 'PAUSED'"#).await;
    let before = app.db.snapshot().await;
    for status in ["QUEUED", "RUNNING", "COMPLETED", "FAILED", "TERMINATED", "REVIEW"] {
        let patch = app.service.patch(&format!("/api/executions/{child}"));
        let refused = patch
            .json(&json!({ "status": status, "stats": { "cost": 1 } }))
            .expect(409)
            .await
            .json();
        assert_eq!(refused["current_status"], "PAUSED");
        assert!(refused["allowed_from"].is_array());
    }
    let stop = app.user("ann").post(&format!("/api/executions/{child}/stop"));
    assert_eq!(stop.expect(409).await.json()["current_status"], "PAUSED");
    let arguments = json!({ "graph_exec_id": child, "status": "COMPLETED" });
    let raised = app.service.post("/rpc/update_graph_execution_stats").json(&arguments);
    assert!(raised.send().await.unwrap().status < 500);
    app.db.expect_unchanged(&before, "an illegal move").await;

    let stop = app.user("ann").post(&format!("/api/executions/{parent}/stop"));
    assert_eq!(stop.expect(200).await.json()["status"], "TERMINATED");
    let status = async |id: &str| app.db.execution(id).await["executionStatus"].clone();
    assert_eq!(
        (status(&child).await, status(&other).await),
        (json!("PAUSED"), json!("TERMINATED"))
    );

    // It counts as one that is not finished, under its own name.
    let metrics = app.anonymous.get("/api/metrics").expect(200).await;
    let text = String::from_utf8(metrics.body.to_vec()).unwrap();
    assert!(text.contains(r#"{status="PAUSED"} 1"#), "{text}");
}

#[tokio::test]
async fn streams_tell_of_what_cannot_be_shown_and_go_on() {
    let world = World::new().await;
    let mut stream = world.app.user("ann").get("/api/events?after=0").open().await;
    for (id, (set, member, _)) in world.bad.iter().zip(VALUES) {
        // An "updatedAt" alone is no event.
        if member == "updated_at" {
            continue;
        }
        let expected = if member == "status" {
            json!("PAUSED")
        } else {
            Value::Null
        };
        let find = stream.find(|event| {
            let payload = &event.payload;
            payload["id"] == id.as_str() && payload["status"] != "INCOMPLETE" && payload[member] == expected
        });
        assert_eq!(find.await.kind, "graph_execution_update", "{set}");
    }
    stream.find(|event| event.payload["id"] == world.good.as_str()).await;
    let later = world.app.create(&world.graph).await;
    stream.find(|event| event.payload["id"] == later.as_str()).await;
}

#[tokio::test]
async fn summary_trends_monitors_jobs_and_sums_pass_over_them() {
    let world = World::new().await;
    let (app, ann) = (&world.app, world.app.user("ann"));
    let huge = app.create_in(&world.graph, "FAILED").await;
    // A double, but not a hundred times it.
    set(
        app,
        "AgentGraphExecution",
        &huge,
        r#"stats = '{"correctness_score": 1.7e308, "walltime": 1}'"#,
    )
    .await;
    let running = app.create_in(&world.graph, "RUNNING").await;
    set(app, "AgentGraphExecution", &running, r#""startedAt" = '-infinity'"#).await;
    let far = app.create_in(&world.graph, "RUNNING").await;
    set(
        app,
        "AgentGraphExecution",
        &far,
        r#""createdAt" = '294276-12-31 23:59:59.999'"#,
    )
    .await;

    // Those that were created at some time within the last 30 days.
    let summary = world.get(&ann, "/api/summary").await;
    assert_eq!(
        (&summary["total_executions"], &summary["failed_runs"]),
        (&json!(8), &json!(6))
    );
    let path = "/api/executions/admin/execution_accuracy_trends?graph_id=weather&include_historical=true";
    let trends = world.get(&app.admin, path).await;
    assert_eq!(trends["historical_data"].as_array().map(Vec::len), Some(1), "{trends}");
    assert_eq!(trends["latest_data"]["daily_score"], 1.7e308);
    world
        .get(&app.admin, "/api/admin/frequent-graphs?min_executions=1")
        .await;
    world
        .get(&app.admin, "/api/admin/block-error-stats?min_executions=1")
        .await;
    let late = world.get(&app.admin, "/api/admin/late-executions").await;
    let late = late.to_string();
    assert!(late.contains(&running) && late.contains(r#""since":null"#), "{late}");
    app.anonymous.get("/api/metrics").expect(200).await;
    for job in [
        "accuracy-scan",
        "late-executions",
        "block-errors",
        "refresh-views",
        "prune",
    ] {
        app.service
            .post(&format!("/api/internal/jobs/{job}/run"))
            .expect(200)
            .await;
    }
    for sql in [
        include_str!("../../xtask/src/data/verify_rollups.sql"),
        include_str!("../../xtask/src/data/verify_views.sql"),
    ] {
        assert_eq!(app.db.rows(sql, &[]).await, Vec::<Value>::new());
    }
}

#[tokio::test]
async fn a_shared_run_shows_its_status_as_text() {
    let world = World::new().await;
    for (place, member, shown) in [(0, "status", json!("PAUSED")), (3, "created_at", Value::Null)] {
        let path = format!("/api/graphs/weather/executions/{}/share", world.bad[place]);
        let token = world
            .app
            .user("ann")
            .post(&path)
            .json(&json!({}))
            .expect(200)
            .await
            .text("share_token");
        let public = world
            .app
            .anonymous
            .get(&format!("/api/public/shared/{token}"))
            .expect(200)
            .await;
        assert_eq!(public.json()[member], shown);
        let arguments = json!({ "share_token": token });
        let by_token = world
            .app
            .service
            .post("/rpc/get_graph_execution_by_share_token")
            .json(&arguments);
        assert_eq!(by_token.expect(200).await.json()[member], shown);
    }
}

#[tokio::test]
async fn credits_of_unknown_kinds_and_times_are_listed_and_stop_nobody() {
    let app = App::start().await;
    new_members(&app).await;
    let give = json!({ "user_id": "ann", "amount": 100 });
    app.service.post("/api/credits/grants").json(&give).expect(200).await;
    for (key, kind, time) in [
        ("a", "BONUS", "2020-01-01"),
        ("b", "GRANT", "infinity"),
        ("c", "GRANT", "294276-12-31 23:59:59.999"),
        ("d", "GRANT", "0044-03-15 BC"),
    ] {
        let sql = r#"INSERT INTO "CreditTransaction" ("transactionKey", "userId", amount, type, "createdAt")
                     VALUES ($1, 'ann', 0, $2::text::"CreditTransactionType", $3::text::timestamp)"#;
        app.db.execute(sql, &[&key, &kind, &time]).await;
    }
    // Those after one that is dated to infinity are not.
    let spend = json!({ "user_id": "ann", "cost": 30 });
    app.service.post("/api/credits/spend").json(&spend).expect(200).await;
    let ann = app.user("ann");
    let (mut cursor, mut listed) = (String::new(), Vec::new());
    loop {
        let page = ann
            .get(&format!("/api/credits/transactions?limit=1{cursor}"))
            .expect(200)
            .await
            .json();
        listed.extend(page["transactions"].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    let shown: Vec<_> = listed
        .iter()
        .map(|item| (item["type"].as_str().unwrap(), item["created_at"].is_string()))
        .collect();
    let expected = [
        ("GRANT", false),
        ("GRANT", false),
        ("USAGE", true),
        ("GRANT", true),
        ("BONUS", true),
        ("GRANT", false),
    ];
    assert_eq!(shown, expected);
    let audit = app.admin.get("/api/admin/credits/audit").expect(200).await.json();
    assert_eq!(audit["faults"], json!([]));
}

#[tokio::test]
async fn a_graph_is_scored_whatever_its_runs_have_for_a_score() {
    let llm = Llm::start(Behaviour::Score(0.9)).await;
    let app = with_models(&llm).start().await;
    let graph = app.graph("weather", "ann").await;
    let ids = [
        app.create_in(&graph, "COMPLETED").await,
        app.create_in(&graph, "COMPLETED").await,
        app.create_in(&graph, "COMPLETED").await,
    ];
    let unread = r#"stats = '{"activity_status": "It ran.", "correctness_score": 1e400}', "startedAt" = 'infinity'"#;
    set(&app, "AgentGraphExecution", &ids[0], unread).await;
    let tiny = r#"stats = '{"activity_status": "It ran.", "correctness_score": 1e-400}'"#;
    set(&app, "AgentGraphExecution", &ids[1], tiny).await;
    let report = score(&app, &graph, json!({})).await;
    let count = |member: &str| report[member].as_u64().unwrap();
    assert_eq!(
        (count("successful_analytics"), count("skipped_executions")),
        (2, 1),
        "{report}"
    );
    let results = report["results"].as_array().unwrap();
    let unread = results
        .iter()
        .find(|result| result["exec_id"] == ids[0].as_str())
        .unwrap();
    assert_eq!((&unread["started_at"], &unread["score"]), (&Value::Null, &json!(0.9)));
}
