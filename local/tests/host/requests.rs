//! Requests, responses, and what a component finds around it.

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::Request;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{Application, empty};

#[tokio::test]
async fn routes_lead_to_components() {
    let host = Application::new().start(&[]);
    for (path, status) in [
        ("/guest/hello", 200),
        ("/guest/hello/", 200),
        ("/other/x/hello", 404),
        ("/guest/nope", 404),
    ] {
        let reply = host.get(path).await;
        assert_eq!(reply.status, status, "{path}");
        assert!(
            !reply.headers.contains_key("x-request-id"),
            "{path} is answered by the component"
        );
    }
    for path in ["/", "/else", "/other/x", "/other/x/hello/y"] {
        host.get(path).await.problem(404);
    }
}

#[tokio::test]
async fn a_component_sees_the_request() {
    let host = Application::new().start(&[]);
    let request = Request::put("/guest/request?a=1&b=%20")
        .header("x-own", "1")
        .body(empty())
        .unwrap();
    let seen = host.send(request).await.json();
    assert_eq!(seen["method"], "PUT");
    assert_eq!(
        seen["uri"],
        format!("http://{}/guest/request?a=1&b=%20", host.address())
    );
    assert!(seen["headers"].as_array().unwrap().contains(&json!("x-own")));
}

#[tokio::test]
async fn variables_and_environment_reach_the_component() {
    let host = Application::new().start(&[]);
    assert_eq!(host.get("/guest/variable/greeting").await.json(), "hi!");
    let missing = host.get("/guest/variable/nope").await;
    assert_eq!(missing.status, 404);
    assert!(missing.json().as_str().unwrap().contains("Undefined"));
    // A variable of the application that the component was not given.
    assert_eq!(host.get("/guest/variable/password").await.status, 404);
    assert!(
        host.get("/guest/variable/BAD")
            .await
            .json()
            .as_str()
            .unwrap()
            .contains("InvalidName")
    );
    assert_eq!(host.get("/guest/environment/MODE").await.json(), "test");
    assert_eq!(host.get("/guest/environment/PATH").await.json(), json!(null));
}

#[tokio::test]
async fn a_short_response_goes_out_in_one_piece() {
    let host = Application::new().start(&[]);
    let mut stream = TcpStream::connect(host.address()).await.unwrap();
    stream
        .write_all(b"GET /guest/hello HTTP/1.1\r\nhost: h\r\n\r\n")
        .await
        .unwrap();
    let mut piece = [0; 4096];
    let size = stream.read(&mut piece).await.unwrap();
    let piece = std::str::from_utf8(&piece[..size]).unwrap();
    assert!(
        piece.contains("content-length: 5\r\n") && piece.ends_with("\r\n\r\nhello"),
        "{piece}"
    );
}

#[tokio::test]
async fn head_has_a_head_only() {
    let host = Application::new().start(&[]);
    let reply = host.send(Request::head("/guest/hello").body(empty()).unwrap()).await;
    assert_eq!((reply.status.as_u16(), reply.body.len()), (200, 0));
}

#[tokio::test]
async fn large_bodies_pass_both_ways() {
    let host = Application::new().start(&[]);
    let body: Bytes = (0..3 << 20)
        .map(|index: u32| (index % 251) as u8)
        .collect::<Vec<_>>()
        .into();
    assert_eq!(host.post("/guest/echo", body.clone()).await.body, body);
    assert_eq!(host.post("/guest/count", body.clone()).await.json(), body.len());

    let pieces: Vec<_> = body.chunks(100_000).map(Bytes::copy_from_slice).collect();
    let frames = stream::iter(pieces).map(|piece| Ok(Frame::data(piece)));
    let request = Request::post("/guest/echo")
        .body(StreamBody::new(frames).boxed_unsync())
        .unwrap();
    assert_eq!(host.send(request).await.body, body, "chunked");

    let streamed = host.get("/guest/stream?chunks=200&size=50000").await;
    assert_eq!(streamed.body.len(), 200 * 50_000);
}

#[tokio::test]
async fn a_slow_body_arrives_as_it_is_made() {
    let host = Application::new().start(&[]);
    let mut stream = TcpStream::connect(host.address()).await.unwrap();
    let started = std::time::Instant::now();
    stream
        .write_all(b"GET /guest/stream?chunks=3&size=10&pause=1000 HTTP/1.1\r\nhost: h\r\n\r\n")
        .await
        .unwrap();
    let mut text = Vec::new();
    while !text.ends_with(b"xxxxxxxxxx\r\n") {
        assert_ne!(stream.read_buf(&mut text).await.unwrap(), 0);
    }
    assert!(
        started.elapsed().as_millis() < 900,
        "the first piece waited for the others"
    );
}

#[tokio::test]
async fn a_component_reaches_its_own_application_and_nothing_else() {
    let host = Application::new().start(&[]);
    let fetched = host.post("/guest/fetch", "http://self.alt/guest/hello").await;
    assert_eq!(fetched.json(), json!({ "status": 200, "body": "hello" }));
    for url in [
        format!("http://{}/guest/hello", host.address()),
        "https://self.alt/".to_owned(),
    ] {
        let denied = host.post("/guest/fetch", url.clone()).await;
        assert_eq!(denied.status, 502, "{url}");
        assert!(denied.json().as_str().unwrap().contains("HttpRequestDenied"), "{url}");
    }
}

#[tokio::test]
async fn a_request_that_no_component_answers_has_a_line_in_the_log() {
    let host = Application::new().start(&[]);
    let request = Request::get("/nope?secret=1")
        .header("x-request-id", "mine-1")
        .body(empty())
        .unwrap();
    host.send(request).await.problem(404);
    let line = host.logged(|line| line["request_id"] == "mine-1").await;
    assert_eq!(
        (&line["method"], &line["path"], &line["status"]),
        (&json!("GET"), &json!("/nope"), &json!(404))
    );
    assert!(line["duration_ms"].is_number());
    // Those that it answers are the component's own to log.
    host.get("/guest/hello?secret=1").await;
    host.get("/guest/log/id-8").await;
    host.logged(|line| line["request_id"] == "id-8").await;
    assert!(host.log().iter().all(|line| !line.contains("/guest/hello")));
    assert!(host.log().iter().all(|line| !line.contains("secret")));
}

#[tokio::test]
async fn what_a_component_writes_goes_to_the_log() {
    let host = Application::new().start(&[]);
    host.get("/guest/log/id-7").await;
    let plain = host.logged(|line| line["message"] == "plain out").await;
    assert_eq!(
        (&plain["component"], &plain["stream"]),
        (&json!("guest"), &json!("stdout"))
    );
    host.logged(|line| line["message"] == "plain err" && line["stream"] == "stderr")
        .await;
    let own = host.logged(|line| line["message"] == "json out").await;
    assert_eq!(
        own,
        json!({ "level": "INFO", "message": "json out", "request_id": "id-7" }),
        "as it is"
    );
}
