//! The data service: which arguments its methods take, and what they raise for others.

use runledger_tests::App;
use serde_json::json;

use crate::rpc::{ask, exception, raised, start};

#[tokio::test]
async fn what_does_not_fit_raises_a_value_error_that_says_where() {
    let app = App::start().await;
    let before = app.db.snapshot().await;
    for (method, arguments, said) in [
        ("get_credits", json!({}), "user_id"),
        ("get_credits", json!({ "user_id": 7 }), "user_id"),
        ("get_credits", json!({ "user_id": "ann", "more": 1 }), "more"),
        ("get_credits", json!({ "user_id": "" }), "user_id"),
        ("get_credits", json!([]), "object"),
        ("get_graph_executions", json!({ "statuses": ["DONE"] }), "statuses/0"),
        (
            "get_graph_executions",
            json!({ "created_time_gte": "yesterday" }),
            "created_time_gte",
        ),
        (
            "get_graph_executions_paginated",
            json!({ "user_id": "ann", "page": 0 }),
            "page",
        ),
        (
            "update_graph_execution_stats",
            json!({ "graph_exec_id": "x" }),
            "neither",
        ),
        (
            "update_graph_execution_stats",
            json!({ "graph_exec_id": "x", "status": "INCOMPLETE" }),
            "status",
        ),
        (
            "update_node_execution_status",
            json!({ "node_exec_id": "x", "status": "INCOMPLETE" }),
            "status",
        ),
        (
            "update_node_execution_status_batch",
            json!({ "node_exec_ids": ["x"], "status": "INCOMPLETE" }),
            "status",
        ),
        (
            "get_frequently_executed_graphs",
            json!({ "days_back": 366 }),
            "days_back",
        ),
        (
            "get_accuracy_trends_and_alerts",
            json!({ "graph_id": "g", "drop_threshold": 0 }),
            "drop_threshold",
        ),
        ("spend_credits", json!({ "user_id": "ann", "cost": -1 }), "cost"),
        (
            "create_graph_execution",
            json!({ "graph_id": "g", "graph_version": 1, "starting_nodes_input": [["n"]], "inputs": {}, "user_id": "a" }),
            "starting_nodes_input/0",
        ),
        (
            "create_graph_execution",
            json!({ "graph_id": "g", "graph_version": 1, "starting_nodes_input": [], "inputs": {}, "user_id": "a" }),
            "graph_version",
        ),
        ("health_check", json!({ "loudly": true }), "loudly"),
    ] {
        let (status, kind, message) = raised(&app, method, arguments).await;
        assert_eq!((status, &*kind), (400, "ValueError"), "{method}: {message}");
        assert!(message.contains(said), "{method}: {message}");
    }
    let broken = app
        .service
        .post("/rpc/get_credits")
        .body("application/json", "{".to_owned());
    assert_eq!(exception(&broken.expect(400).await).1, "ValueError");
    app.db
        .expect_unchanged(&before, "a call with arguments that do not fit")
        .await;
}

#[tokio::test]
async fn an_argument_that_nobody_knows_is_passed_over_if_it_asks_for_nothing() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = start(&app, &graph).await;
    for nothing in [json!(null), json!(false), json!(""), json!([]), json!({})] {
        // Arguments of their own, and those beside what a body of HTTP says.
        let known = ask(
            &app,
            "get_graph_execution_meta",
            json!({ "execution_id": id, "user_id": "ann", "new": nothing }),
        );
        assert_eq!(known.await["id"], id, "{nothing}");
        let changed = json!({ "graph_exec_id": id, "stats": { "cost": 1 }, "new": nothing });
        assert_eq!(
            ask(&app, "update_graph_execution_stats", changed).await["id"],
            id,
            "{nothing}"
        );
    }
    for something in [json!(true), json!(0), json!(" "), json!([null])] {
        for (method, mut arguments) in [
            (
                "get_graph_execution_meta",
                json!({ "execution_id": id, "user_id": "ann" }),
            ),
            (
                "update_graph_execution_stats",
                json!({ "graph_exec_id": id, "stats": { "cost": 2 } }),
            ),
        ] {
            arguments["new"] = something.clone();
            let (status, kind, text) = raised(&app, method, arguments).await;
            assert_eq!((status, &*kind), (400, "ValueError"), "{text}");
            assert!(text.contains("unknown field `new`"), "{text}");
        }
    }
}
