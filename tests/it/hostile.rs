//! Bodies, paths and queries that no friend would send.

use runledger_tests::{App, Client, Graph, Request};
use serde_json::json;

const MIB: usize = 1024 * 1024;

/// The text of a creation whose `inputs` are this text.
fn creation(graph: &Graph, inputs: &str) -> String {
    format!(
        r#"{{"graph_version":{},"inputs":{inputs},"starting_nodes_input":[]}}"#,
        graph.version
    )
}

fn create(caller: &Client, graph: &Graph, body: impl Into<Vec<u8>>) -> Request {
    caller.post(&graph.executions()).body("application/json", body.into())
}

/// Every write that takes a body, with this one.
fn writes(app: &App, graph: &Graph, execution: &str, content_type: &str, body: &[u8]) -> Vec<Request> {
    let caller = app.service_for("ann");
    [
        caller.post(&graph.executions()),
        caller.post("/api/executions/batch"),
        caller.patch(&format!("/api/executions/{execution}")),
        caller.put("/api/graphs/weather/versions/1"),
        caller.put("/api/blocks/block-work"),
    ]
    .map(|request| request.body(content_type, body.to_vec()))
    .to_vec()
}

#[tokio::test]
async fn what_is_no_json_is_malformed_on_every_write() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let before = app.db.snapshot().await;
    for body in [
        b"".as_slice(),
        b" ",
        b"{",
        b"}",
        b"nul",
        b"{\"name\":1,}",
        b"{'name':1}",
        b"{name:1}",
        b"[1,2",
        b"{} {}",
        b"{\"name\":01}",
        b"{\"name\":.5}",
        b"{\"name\":NaN}",
        b"{\"name\":\"\n\"}",
        b"{\"name\":\"\\x\"}",
        b"{\"name\":\"\xff\xfe\"}",
        b"\xff\xfe{\x00}\x00",
        b"{\"name\":\"unfinished",
        b"\x00",
        b"<xml/>",
    ] {
        for write in writes(&app, &graph, &id, "application/json", body) {
            write.expect(400).await;
        }
    }
    app.db.expect_unchanged(&before, "a malformed body").await;
}

#[tokio::test]
async fn json_of_another_shape_is_invalid_on_every_write() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let before = app.db.snapshot().await;
    for body in [
        "null",
        "true",
        "7",
        "1e400",
        "\"text\"",
        "[[]]",
        "[null]",
        "{\"\":1}",
        "{\"no such\":1}",
        "{}",
    ] {
        for write in writes(&app, &graph, &id, "application/json", body.as_bytes()) {
            let problem = write.expect(422).await.problem();
            assert!(!problem.pointers.is_empty(), "{body}: {}", problem.document);
        }
    }
    app.db.expect_unchanged(&before, "JSON of another shape").await;
}

#[tokio::test]
async fn a_body_of_another_type_is_refused_on_every_write() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let body = br#"{"name":"n","type":"AI"}"#;
    for content_type in [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "json",
        "",
        "*/*",
    ] {
        for write in writes(&app, &graph, &id, content_type, body) {
            write.expect(415).await;
        }
    }
    let put = app.service.put("/api/blocks/mine");
    for content_type in [
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/json;charset=UTF-8",
    ] {
        put.clone().body(content_type, body.to_vec()).expect(200).await;
    }
}

#[tokio::test]
async fn what_the_database_cannot_hold_is_invalid_wherever_it_stands() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let caller = app.service_for("ann");
    let before = app.db.snapshot().await;
    for value in [
        r#""\u0000""#,
        r#""a\u0000b""#,
        r#"{"\u0000":1}"#,
        r#"[[{"deep":["\u0000"]}]]"#,
        r#""\\\u0000""#,
        r#""\ud800""#,
        r#""\udc00 alone""#,
        r#""\ud800\ud800""#,
        r#"{"\ud83d":1}"#,
        "1e400000",
        "-1e400000",
        "[1e400000]",
    ] {
        create(&caller, &graph, creation(&graph, &format!(r#"{{"a":{value}}}"#)))
            .expect(422)
            .await;
        let start = format!(
            r#"{{"graph_version":1,"inputs":{{}},"starting_nodes_input":[{{"node_id":"{}","input":{{"a":{value}}}}}]}}"#,
            graph.node("work")
        );
        create(&caller, &graph, start).expect(422).await;
        let change = format!(r#"{{"stats":{{"mine":{value}}}}}"#);
        let patch = caller
            .patch(&format!("/api/executions/{id}"))
            .body("application/json", change);
        patch.expect(422).await;
        let item = format!(
            r#"{{"user_id":"ann","graph_id":"weather","graph_version":1,"status":"FAILED","inputs":{{"a":{value}}}}}"#
        );
        let import = caller.post("/api/executions/batch");
        import
            .clone()
            .body("application/json", format!("[{item}]"))
            .expect(422)
            .await;
        import.body("application/x-ndjson", item).expect(422).await;
        let graph_body = format!(
            r#"{{"name":"n","nodes":[{{"id":"n","block_id":"block-work","metadata":{{"a":{value}}}}}],"links":[]}}"#
        );
        caller
            .put("/api/graphs/weather/versions/1")
            .body("application/json", graph_body)
            .expect(422)
            .await;
        let block = format!(r#"{{"name":"n","type":"AI","input_schema":{{"a":{value}}}}}"#);
        caller
            .put("/api/blocks/mine")
            .body("application/json", block)
            .expect(422)
            .await;
    }
    app.db.expect_unchanged(&before, "what the database cannot hold").await;
    for value in [
        r#""\\u0000""#,
        r#""\ud83d\ude00""#,
        "1e300",
        "-0.0",
        "1e-20",
        r#""\u0001\u001f""#,
    ] {
        create(&caller, &graph, creation(&graph, &format!(r#"{{"a":{value}}}"#)))
            .expect(201)
            .await;
    }
}

#[tokio::test]
async fn deep_json_is_invalid_and_harms_nobody() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let caller = app.service_for("ann");
    let nested = |open: &str, close: &str, depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        create(
            &caller,
            &graph,
            creation(&graph, &format!(r#"{{"a":{}}}"#, nested(open, close, 100))),
        )
        .expect(201)
        .await;
        for depth in [200, 20_000, 200_000] {
            let deep = nested(open, close, depth);
            create(&caller, &graph, creation(&graph, &format!(r#"{{"a":{deep}}}"#)))
                .expect(422)
                .await;
            for write in writes(&app, &graph, &id, "application/json", deep.as_bytes()) {
                write.expect(422).await;
            }
        }
        // Malformed besides: whichever is found first.
        let reply = create(&caller, &graph, open.repeat(20_000))
            .send()
            .await
            .expect("the host answers");
        assert!(matches!(reply.status, 400 | 422), "{reply}");
    }
    app.user("ann").get(&format!("/api/executions/{id}")).expect(200).await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_too_large_with_and_without_its_length() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let before = app.db.snapshot().await;
    let body = creation(&graph, &format!(r#"{{"a":"{}"}}"#, "x".repeat(9 * MIB)));
    for write in writes(&app, &graph, &id, "application/json", body.as_bytes()) {
        write.clone().expect(413).await;
        write.chunked().expect(413).await;
    }
    app.db.expect_unchanged(&before, "a body over the limit").await;
}

#[tokio::test]
async fn a_body_of_just_the_limit_is_taken() {
    let app = App::builder().variable("max_body_bytes", "100000").start().await;
    let graph = app.graph("weather", "ann").await;
    let frame = creation(&graph, r#"{"a":""}"#).len();
    for (length, status) in [(100_000, 201), (100_001, 413)] {
        let body = creation(&graph, &format!(r#"{{"a":"{}"}}"#, "x".repeat(length - frame)));
        assert_eq!(body.len(), length);
        let request = create(&app.service_for("ann"), &graph, body);
        request.clone().expect(status).await;
        request.chunked().expect(status).await;
    }
}

#[tokio::test]
async fn eight_mebibytes_are_stored_and_read() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let frame = creation(&graph, r#"{"a":""}"#).len();
    let text = "x".repeat(8 * MIB - frame);
    let made = create(
        &app.service_for("ann"),
        &graph,
        creation(&graph, &format!(r#"{{"a":"{text}"}}"#)),
    );
    let id = made.expect(201).await.text("id");
    let read = app
        .user("ann")
        .get(&format!("/api/executions/{id}"))
        .expect(200)
        .await
        .json();
    assert_eq!(read["inputs"]["a"].as_str().map(str::len), Some(text.len()));
}

#[tokio::test]
async fn identifiers_in_a_path_have_1_to_128_characters_and_no_control_characters() {
    let app = App::start().await;
    let ann = app.user("ann");
    for bad in [
        "%00",
        "a%0Ab",
        "%7F",
        "%C2%85",
        &"a".repeat(129),
        &"%C3%A4".repeat(129),
        "%FF",
        "%C3",
    ] {
        ann.get(&format!("/api/executions/{bad}"))
            .expect(422)
            .await
            .expect_pointers(&["/path/id"]);
        ann.post(&format!("/api/executions/{bad}/stop"))
            .expect(422)
            .await
            .expect_pointers(&["/path/id"]);
        ann.get(&format!("/api/graphs/{bad}/executions"))
            .expect(422)
            .await
            .expect_pointers(&["/path/graph_id"]);
        let block = app
            .service
            .put(&format!("/api/blocks/{bad}"))
            .json(&json!({ "name": "n", "type": "AI" }));
        block.expect(422).await.expect_pointers(&["/path/id"]);
    }
    for good in [
        "a".repeat(128),
        "%C3%A4".repeat(128),
        "'%20OR%20'1'='1".to_owned(),
        "%25%2F..%2F".to_owned(),
    ] {
        ann.get(&format!("/api/executions/{good}")).expect(404).await;
        ann.get(&format!("/api/graphs/{good}/executions")).expect(200).await;
    }
}

#[tokio::test]
async fn unknown_and_repeated_query_parameters_are_refused() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let ann = app.user("ann");
    for path in [
        "/api/executions".to_owned(),
        "/api/executions/count".to_owned(),
        format!("/api/executions/{id}"),
        format!("/api/executions/{id}/children"),
        graph.executions(),
        format!("{}/{id}", graph.executions()),
    ] {
        ann.get(&format!("{path}?bogus=1"))
            .expect(422)
            .await
            .expect_pointers(&["/query/bogus"]);
        ann.get(&format!("{path}?%22=1"))
            .expect(422)
            .await
            .expect_pointers(&["/query/\""]);
    }
    ann.get("/api/executions?graph_id=a&graph_id=b")
        .expect(422)
        .await
        .expect_pointers(&["/query/graph_id"]);
    let path = format!("/api/executions/{id}");
    for value in ["yes", "", "1"] {
        let reply = ann
            .get(&format!("{path}?include_node_executions={value}"))
            .expect(422)
            .await;
        reply.expect_pointers(&["/query/include_node_executions"]);
    }
    ann.post(&format!("{path}/stop?now=true"))
        .expect(422)
        .await
        .expect_pointers(&["/query/now"]);
    app.service
        .post(&format!("{path}/start?x="))
        .expect(422)
        .await
        .expect_pointers(&["/query/x"]);
    assert_eq!(app.db.execution(&id).await["executionStatus"], "INCOMPLETE");
}

#[tokio::test]
async fn what_looks_like_sql_is_data() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let text = "'; DROP TABLE \"AgentGraphExecution\"; -- $1 \\ \" %s {{x}}";
    let mut body = graph.creation();
    body["inputs"] = json!({ text: text });
    let made = app
        .service_for(text)
        .post(&graph.executions())
        .json(&body)
        .expect(201)
        .await;
    let read = app
        .service_for(text)
        .get(&format!("/api/executions/{}", made.text("id")))
        .expect(200)
        .await
        .json();
    assert_eq!(
        (&read["inputs"], &read["user_id"]),
        (&json!({ text: text }), &json!(text))
    );
}
