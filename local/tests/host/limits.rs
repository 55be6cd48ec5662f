//! What a component or a client does wrong costs that request, and no other.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::{StreamExt as _, future::join_all, stream};
use http::Request;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{Application, Host, empty};

#[tokio::test]
async fn a_failing_component_is_a_problem_of_the_request() {
    for concurrency in ["1", "16"] {
        let host = Application::new().start(&["--max-instance-concurrency", concurrency]);
        for path in ["trap", "error", "short", "hog?mib=300"] {
            let path = format!("/guest/{path}");
            let request = Request::get(&path)
                .header("x-request-id", "mine")
                .body(empty())
                .unwrap();
            let reply = host.send(request).await;
            reply.problem(500);
            assert_eq!(reply.headers["x-request-id"], "mine", "{path}");
            assert_eq!(host.get("/guest/hello").await.status, 200, "after {path}");
        }
        host.logged(|line| line["message"] == "an instance failed" && line["component"] == "guest")
            .await;
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_does_not_look_complete() {
    let host = Application::new().start(&[]);
    let mut stream = TcpStream::connect(host.address()).await.unwrap();
    stream
        .write_all(b"GET /guest/trap-in-body HTTP/1.1\r\nhost: h\r\n\r\n")
        .await
        .unwrap();
    let mut text = Vec::new();
    // Ends by the host's closing the connection, or with the problem if nothing had been sent.
    while !text.ends_with(b"\"}") && stream.read_buf(&mut text).await.unwrap() > 0 {}
    assert!(text.starts_with(b"HTTP/1.1 500") || !text.ends_with(b"0\r\n\r\n"));
    assert_eq!(host.get("/guest/hello").await.status, 200);
}

#[tokio::test]
async fn requests_share_an_instance_if_that_is_wanted() {
    let host = Application::new().start(&["--max-instance-concurrency", "16", "--max-in-flight", "64"]);
    let replies = join_all((0..64).map(|_| host.get("/guest/sleep?ms=50"))).await;
    assert!(replies.iter().all(|reply| reply.status == 200));
}

/// A connection on which a stream of events has begun.
async fn open_stream(host: &Host) -> TcpStream {
    let mut stream = TcpStream::connect(host.address()).await.unwrap();
    stream
        .write_all(b"GET /guest/events?pause=20 HTTP/1.1\r\nhost: h\r\n\r\n")
        .await
        .unwrap();
    let mut text = Vec::new();
    while !text.ends_with(b"\r\nx\r\n") {
        assert_ne!(
            stream.read_buf(&mut text).await.unwrap(),
            0,
            "{}",
            String::from_utf8_lossy(&text)
        );
    }
    assert!(text.starts_with(b"HTTP/1.1 200"));
    stream
}

#[tokio::test]
async fn open_streams_take_no_place_among_the_requests() {
    let host = Application::new().start(&["--max-in-flight", "1", "--max-queued", "0", "--max-streams", "2"]);
    let streams = [open_stream(&host).await, open_stream(&host).await];
    assert_eq!(host.get("/guest/hello").await.status, 200);
    host.get("/guest/events?chunks=1").await.problem(503);
    drop(streams);
    // Places are free again as soon as the host has noticed.
    let patience = Instant::now();
    while host.get("/guest/events?pause=20&chunks=1").await.status == 503 {
        assert!(patience.elapsed() < Duration::from_secs(10));
    }
}

#[tokio::test]
async fn a_signal_ends_streams_at_once() {
    let mut host = Application::new().start(&["--shutdown-deadline-ms", "20000"]);
    let mut stream = open_stream(&host).await;
    let started = Instant::now();
    host.signal("TERM");
    let mut text = Vec::new();
    while stream.read_buf(&mut text).await.unwrap() > 0 {}
    assert!(text.ends_with(b"0\r\n\r\n"), "the stream has a proper end");
    assert_eq!(host.end().await.0.code(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn memory_within_the_limit_is_given() {
    let host = Application::new().start(&["--instance-memory-mib", "64"]);
    assert_eq!(host.get("/guest/hog?mib=48").await.json(), 48 << 20);
    host.get("/guest/hog?mib=80").await.problem(500);
}

#[tokio::test]
async fn requests_besides_a_failing_one_do_not_notice() {
    let host = Application::new().start(&["--request-deadline-ms", "3000"]);
    let asleep = join_all((0..8).map(|_| host.get("/guest/sleep?ms=400")));
    let failing = join_all(["trap", "loop", "trap", "hog?mib=300"].map(|path| {
        let path = format!("/guest/{path}");
        let host = &host;
        async move { host.get(&path).await }
    }));
    let (asleep, failing) = tokio::join!(asleep, failing);
    assert!(
        asleep.iter().all(|reply| reply.status == 200),
        "{:?}",
        asleep.iter().map(|r| r.status).collect::<Vec<_>>()
    );
    let statuses: Vec<_> = failing.iter().map(|reply| reply.status.as_u16()).collect();
    assert_eq!(statuses, [500, 504, 500, 500]);
}

#[tokio::test]
async fn a_request_has_a_deadline() {
    let host = Application::new().start(&["--request-deadline-ms", "500"]);
    for path in ["/guest/loop", "/guest/sleep?ms=60000"] {
        let started = Instant::now();
        host.get(path).await.problem(504);
        let taken = started.elapsed();
        assert!(
            taken >= Duration::from_millis(500) && taken < Duration::from_secs(5),
            "{path}: {taken:?}"
        );
        assert_eq!(host.get("/guest/hello").await.status, 200);
    }
}

#[tokio::test]
async fn too_large_bodies_are_refused() {
    let host = Application::new().start(&["--max-body-bytes", "100000"]);
    assert_eq!(host.post("/guest/count", vec![0; 100_000]).await.json(), 100_000);
    host.post("/guest/count", vec![0; 100_001]).await.problem(413);

    let frames = stream::iter(vec![Bytes::from(vec![0; 30_000]); 4]).map(|piece| Ok(Frame::data(piece)));
    let request = Request::post("/guest/count")
        .body(StreamBody::new(frames).boxed_unsync())
        .unwrap();
    host.send(request).await.problem(413);
    assert_eq!(host.get("/guest/hello").await.status, 200);
}

#[tokio::test]
async fn too_many_requests_wait_and_then_are_refused() {
    let host = Application::new().start(&[
        "--max-in-flight",
        "2",
        "--max-queued",
        "2",
        "--queue-deadline-ms",
        "30000",
    ]);
    let replies = join_all((0..6).map(|_| host.get("/guest/sleep?ms=500"))).await;
    let (served, refused): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
    assert_eq!((served.len(), refused.len()), (4, 2));
    for reply in refused {
        assert_eq!(reply.problem(503).headers["retry-after"], "1");
    }
}

#[tokio::test]
async fn nobody_waits_in_the_queue_for_ever() {
    let host = Application::new().start(&["--max-in-flight", "1", "--queue-deadline-ms", "100"]);
    let (first, second) = tokio::join!(host.get("/guest/sleep?ms=2000"), host.get("/guest/sleep?ms=2000"));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 503]);
}

#[tokio::test]
async fn instances_are_renewed() {
    let host = Application::new().start(&["--max-instance-requests", "3", "--instance-idle-ms", "20"]);
    for round in 0..10 {
        assert_eq!(host.get("/guest/hello").await.status, 200, "{round}");
    }
    let replies = join_all((0..40).map(|_| host.get("/guest/hello"))).await;
    assert!(replies.iter().all(|reply| reply.status == 200));
}
