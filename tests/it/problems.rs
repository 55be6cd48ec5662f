//! What holds for every route: problem documents for all that goes wrong, and request ids.

use http::Method;
use runledger_tests::{App, is_spin, until};
use serde_json::json;

#[tokio::test]
async fn a_path_that_nobody_serves_is_a_problem() {
    let app = App::start().await;
    for path in [
        "/api",
        "/api/",
        "/api/nothing",
        "/api/executions/",
        "/api/executions/a/b/c",
        "/api/executions/a/nothing",
        "/api/graphs",
        "/api/graphs/g",
        "/api/graphs/g/nothing",
        "/api/blocks",
        "/api/blocks/",
        "/api/health/nothing",
        "/api/openapi.yaml",
        "/api//executions",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let reply = app.user("ann").request(method, path).expect(404).await;
            assert_eq!(reply.text("type"), "/problems/not-found", "{path}");
        }
    }
}

#[tokio::test]
async fn a_method_that_a_path_does_not_know_is_answered_with_those_that_it_does() {
    let app = App::start().await;
    for (method, path, allowed) in [
        (Method::PUT, "/api/executions", &["GET", "HEAD"] as &[&str]),
        (Method::DELETE, "/api/executions/count", &["GET", "HEAD"]),
        (Method::GET, "/api/executions/batch", &["POST"]),
        (Method::POST, "/api/executions/x", &["GET", "HEAD", "PATCH", "DELETE"]),
        (Method::GET, "/api/executions/x/start", &["POST"]),
        (Method::PUT, "/api/executions/x/children", &["GET", "HEAD"]),
        (Method::DELETE, "/api/graphs/g/executions", &["GET", "HEAD", "POST"]),
        (Method::POST, "/api/graphs/g/versions/1", &["PUT"]),
        (Method::GET, "/api/blocks/b", &["PUT"]),
        (Method::POST, "/api/health", &["GET", "HEAD"]),
        (Method::PUT, "/api/health/ready", &["GET", "HEAD"]),
        (Method::DELETE, "/api/openapi.json", &["GET", "HEAD"]),
        (Method::PATCH, "/api/docs", &["GET", "HEAD"]),
    ] {
        let reply = app.service.request(method.clone(), path).expect(405).await;
        let mut named: Vec<&str> = reply.header("allow").unwrap().split(',').map(str::trim).collect();
        named.sort_unstable();
        let mut allowed = allowed.to_vec();
        allowed.sort_unstable();
        assert_eq!(named, allowed, "{method} {path}");
    }
    let head = app
        .service
        .request(Method::HEAD, "/api/executions/batch")
        .send()
        .await
        .expect("the host answers");
    assert_eq!((head.status, head.header("allow")), (405, Some("POST")), "{head}");
}

#[tokio::test]
async fn head_answers_as_get_without_the_body() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let (ann, path) = (app.user("ann"), format!("/api/executions/{id}"));
    for path in [path.as_str(), "/api/executions", "/api/docs", "/api/health/ready"] {
        let get = ann.get(path).expect(200).await;
        let head = ann.request(Method::HEAD, path).expect(200).await;
        for name in ["content-type", "content-length", "etag"] {
            assert_eq!(head.header(name), get.header(name), "{path}: {name}");
        }
        assert!(head.body.is_empty() && !get.body.is_empty(), "{path}");
    }
    // A stream has no end to wait for.
    let stream = ann.request(Method::HEAD, "/api/events").expect(200).await;
    assert_eq!(stream.header("content-type"), Some("text/event-stream"));
    // Refusals are the same, too.
    app.anonymous.request(Method::HEAD, &path).expect(401).await;
    app.user("bob").request(Method::HEAD, &path).expect(404).await;
    let etag = ann.get(&path).expect(200).await.header("etag").unwrap().to_owned();
    ann.request(Method::HEAD, &path)
        .header("if-none-match", &etag)
        .expect(304)
        .await;
}

#[tokio::test]
async fn a_body_packed_in_a_way_that_a_route_does_not_take_is_refused_before_it_is_read() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let before = app.db.snapshot().await;
    let path = format!("/api/executions/{id}");
    let send = |encoding: &str| {
        app.service
            .patch(&path)
            .json(&json!({ "stats": { "cost": 1 } }))
            .header("content-encoding", encoding)
    };
    for encoding in ["gzip", "br", "deflate", "gzip, identity", ""] {
        let refused = send(encoding).expect(415).await;
        assert_eq!(refused.header("accept-encoding"), Some("identity"), "{encoding:?}");
    }
    app.db.expect_unchanged(&before, "a refused encoding").await;
    send("identity").expect(200).await;
}

#[tokio::test]
async fn the_log_says_whose_each_request_was_and_shows_no_token_of_a_mistyped_link() {
    let app = App::start().await;
    app.user("ann").get("/api/executions").expect(200).await;
    app.service.acting_for("bob").get("/api/executions").expect(200).await;
    app.anonymous
        .get("//api/public/shared/a-right-to-read")
        .expect(404)
        .await;
    let line = |word: &str| {
        let lines = app.host.log();
        lines.iter().rev().find(|line| line.contains(word)).cloned()
    };
    until("the requests are logged", async || line("shared").and(line("bob"))).await;
    let ann: serde_json::Value = serde_json::from_str(&line(r#""sub":"ann""#).unwrap()).unwrap();
    assert_eq!((&ann["role"], &ann["acting_for"]), (&json!("user"), &json!(null)));
    let bob: serde_json::Value = serde_json::from_str(&line(r#""acting_for":"bob""#).unwrap()).unwrap();
    assert_eq!(bob["role"], "service");
    assert_eq!(line("a-right-to-read"), None);
}

#[tokio::test]
async fn each_kind_of_problem_has_its_type_and_title() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let (ann, path) = (app.user("ann"), format!("/api/executions/{id}"));
    let json_body = |text: &str| app.service.patch(&path).body("application/json", text.to_owned());
    let problems = [
        json_body("{").expect(400).await,
        app.anonymous.get(&path).expect(401).await,
        ann.post(&format!("{path}/start")).expect(403).await,
        ann.get("/api/executions/no-such-execution").expect(404).await,
        ann.put(&path).expect(405).await,
        json_body(r#"{"status":"COMPLETED"}"#).expect(409).await,
        json_body(&" ".repeat(9 << 20)).expect(413).await,
        app.service.patch(&path).body("text/plain", "{}").expect(415).await,
        json_body(r#"{"status":"DONE"}"#).expect(422).await,
    ];
    let documents: Vec<_> = problems.iter().map(|reply| reply.problem().document).collect();
    insta::assert_json_snapshot!("problems", documents, { "[].instance" => "[request]" });
}

#[tokio::test]
async fn a_sane_request_id_is_kept_and_another_replaced() {
    let app = App::start().await;
    let get = |id: &str| app.anonymous.get("/api/health").header("x-request-id", id);
    for sane in [
        "7",
        "req-1.a_b",
        "0197a3c2-7d4e-7c11-9a55-0d6f1c2b3a49",
        &"r".repeat(64),
    ] {
        assert_eq!(get(sane).expect(200).await.header("x-request-id"), Some(sane));
        let refused = app
            .anonymous
            .get("/api/executions")
            .header("x-request-id", sane)
            .expect(401)
            .await;
        assert_eq!(refused.header("x-request-id"), Some(sane));
    }
    for insane in [
        "",
        " ",
        "two words",
        "quo\"te",
        "<script>",
        "line\tbreak",
        "né",
        "a,b;c",
        &"r".repeat(5000),
    ] {
        let reply = get(insane).expect(200).await;
        let id = reply.header("x-request-id").expect("a new one");
        assert!(id != insane && id.len() >= 16, "{insane:?} became {id:?}");
    }
    let (first, second) = (
        app.anonymous.get("/api/health").expect(200).await,
        app.anonymous.get("/api/health").expect(200).await,
    );
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}

#[tokio::test]
async fn the_log_of_a_request_carries_its_id_and_no_secret() {
    if is_spin() {
        // Spin writes the log its own way.
        return;
    }
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    let sql = r#"UPDATE "AgentGraphExecution" SET stats = '{"cost":"unreadable"}' WHERE id = $1"#;
    app.db.execute(sql, &[&id]).await;
    let request = app
        .user("ann")
        .get(&format!("/api/executions/{id}"))
        .header("x-request-id", "the-request-to-find");
    request.expect(200).await;
    let lines = until("the log has the request's lines", async || {
        let log = app.host.log();
        let of_request = |line: &&String| line.contains("the-request-to-find");
        let lines: Vec<String> = log.iter().filter(of_request).cloned().collect();
        lines.iter().any(|line| line.contains("stats")).then_some(lines)
    })
    .await;
    for line in lines {
        serde_json::from_str::<serde_json::Value>(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    let log = app.host.log().join("\n");
    for secret in [runledger_tests::tokens::SECRET, app.db.url()] {
        assert!(!log.contains(secret), "the log shows a secret:\n{log}");
    }
}

#[tokio::test]
async fn errors_of_the_caller_are_told_all_at_once() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let reply = app
        .user("ann")
        .get("/api/executions?page=0&page_size=x&statuses=DONE&bogus=1")
        .expect(422)
        .await;
    reply.expect_pointers(&["/query/page", "/query/page_size", "/query/statuses", "/query/bogus"]);
    let mut body = graph.creation();
    body["starting_nodes_input"] = json!([{ "node_id": "a", "input": {} }, { "node_id": "b", "input": {} }]);
    body["parent_graph_exec_id"] = json!("none");
    let reply = app
        .service_for("ann")
        .post(&graph.executions())
        .json(&body)
        .expect(422)
        .await;
    reply.expect_pointers(&[
        "/starting_nodes_input/0/node_id",
        "/starting_nodes_input/1/node_id",
        "/parent_graph_exec_id",
    ]);
}
