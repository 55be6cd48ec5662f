//! Peers that are slow, greedy, gone or too many: others are served as before, and what such a peer holds comes back.

use std::{
    io::ErrorKind,
    process::Command,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::future::join_all;
use serde_json::Value;
use socket2::{SockFilter, SockRef};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::{interval, timeout},
};

use crate::support::{Application, Host, PATIENCE};

/// A response that no buffer on the way has room for.
const LARGE: &str = "GET /guest/stream?chunks=40&size=500000 HTTP/1.1\r\nhost: h\r\n\r\n";
const HELLO: &str = "GET /guest/hello HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n";
/// How often a slow peer does something.
const DRIP: Duration = Duration::from_millis(50);

/// Sends `request` on a connection from `local`; whoever has it reads when they like.
async fn send(host: &Host, local: &str, request: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{local}:0").parse().unwrap()).unwrap();
    socket.set_recv_buffer_size(64 * 1024).unwrap();
    let mut stream = socket.connect(host.address().parse().unwrap()).await.unwrap();
    // What has been refused already cannot be written to, and says so to whoever reads.
    let _ = stream.write_all(request.as_bytes()).await;
    stream
}

/// Waits until a new connection is served again.
async fn accepted_again(host: &Host) {
    let started = Instant::now();
    while !rest(send(host, "127.0.0.1", HELLO).await)
        .await
        .starts_with(b"HTTP/1.1 200")
    {
        assert!(started.elapsed() < PATIENCE, "its place has not come back");
    }
}

/// A connection on which the answer to `request` has begun, of which nothing more is read.
async fn stalled(host: &Host, request: &str) -> TcpStream {
    let mut stream = send(host, "127.0.0.1", request).await;
    let mut start = [0; 12];
    timeout(PATIENCE, stream.read_exact(&mut start)).await.unwrap().unwrap();
    assert_eq!(&start, b"HTTP/1.1 200");
    stream
}

/// What is still to be read, until the host closes the connection, in whatever way.
async fn rest(mut stream: TcpStream) -> Vec<u8> {
    let mut text = Vec::new();
    let read = async {
        loop {
            match stream.read_buf(&mut text).await {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
                    break;
                }
            }
        }
    };
    timeout(PATIENCE, read).await.expect("the host closes it");
    text
}

/// The status and document of a problem that the host answered before it closed the connection.
fn problem(text: &[u8]) -> (u64, Value) {
    let text = std::str::from_utf8(text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text:?}"));
    assert!(head.contains("content-type: application/problem+json"), "{head}");
    assert!(head.contains("connection: close"), "{head}");
    let document: Value = serde_json::from_str(body).unwrap();
    (document["status"].as_u64().unwrap(), document)
}

/// Waits until `path` is answered 200 again.
async fn served_again(host: &Host, path: &str) {
    let started = Instant::now();
    while host.get(path).await.status != 200 {
        assert!(started.elapsed() < PATIENCE, "its place has not come back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn who_reads_nothing_takes_no_place_among_the_requests() {
    let host = Application::new().start(&[
        "--max-in-flight=4",
        "--max-queued=0",
        "--max-sending=64",
        "--peer-patience-ms=60000",
    ]);
    let mut peers = Vec::new();
    for _ in 0..60 {
        peers.push(stalled(&host, LARGE).await);
    }
    for _ in 0..20 {
        assert_eq!(host.get("/guest/hello").await.status, 200);
    }
}

#[tokio::test]
async fn who_reads_nothing_is_cut_off_and_gives_back_its_place() {
    let host = Application::new().start(&[
        "--max-in-flight=1",
        "--max-queued=0",
        "--max-sending=0",
        "--peer-patience-ms=1000",
    ]);
    let peer = stalled(&host, LARGE).await;
    served_again(&host, "/guest/hello").await;
    assert!(rest(peer).await.len() < 40 * 500_000, "the rest was not kept for it");
}

#[tokio::test]
async fn who_reads_slowly_but_steadily_gets_everything() {
    let host = Application::new().start(&["--peer-patience-ms=500"]);
    let mut peer = stalled(
        &host,
        "GET /guest/stream?chunks=8&size=500000 HTTP/1.1\r\nhost: h\r\n\r\n",
    )
    .await;
    let started = Instant::now();
    let (mut ticks, mut read, mut piece) = (interval(DRIP), 0, vec![0; 64 * 1024]);
    while read < 8 * 500_000 {
        ticks.tick().await;
        let size = timeout(PATIENCE, peer.read(&mut piece)).await.unwrap().unwrap();
        assert_ne!(size, 0, "cut off after {read} bytes");
        read += size;
    }
    assert!(started.elapsed() > Duration::from_millis(1500), "it was not slow");
}

#[tokio::test]
async fn streams_that_nobody_reads_give_back_their_places() {
    let host = Application::new().start(&["--max-streams=2", "--peer-patience-ms=1000"]);
    let events = "GET /guest/events?size=100000&pause=1 HTTP/1.1\r\nhost: h\r\n\r\n";
    let _peers = [stalled(&host, events).await, stalled(&host, events).await];
    assert_eq!(host.get("/guest/hello").await.status, 200);
    served_again(&host, "/guest/events?chunks=1").await;
}

#[tokio::test]
async fn who_has_vanished_gives_back_its_place() {
    let host = Application::new().start(&["--max-streams=1", "--dead-peer-ms=1000"]);
    let peer = stalled(&host, "GET /guest/events?pause=20 HTTP/1.1\r\nhost: h\r\n\r\n").await;
    // From now on it acknowledges nothing, and does not say that it is gone.
    SockRef::from(&peer)
        .attach_filter(&[SockFilter::new(0x06, 0, 0, 0)])
        .unwrap();
    served_again(&host, "/guest/events?chunks=1").await;
}

/// Writes a byte now and then, until the host has closed the connection: what it answered.
async fn dripping(mut peer: TcpStream) -> Vec<u8> {
    let (mut ticks, mut text) = (interval(DRIP), Vec::new());
    let started = Instant::now();
    loop {
        tokio::select! {
            read = peer.read_buf(&mut text) => if read.unwrap_or(0) == 0 {
                return text;
            },
            _ = ticks.tick() => {
                assert!(started.elapsed() < PATIENCE, "the host closes it");
                let _ = peer.write_all(b"x").await;
            }
        }
    }
}

#[tokio::test]
async fn bodies_that_come_slowly_take_no_place_and_are_answered_408() {
    let host = Application::new().start(&[
        "--max-in-flight=2",
        "--max-queued=0",
        "--peer-patience-ms=2000",
        "--min-peer-rate=1000",
    ]);
    let request = "POST /guest/count HTTP/1.1\r\nhost: h\r\ncontent-length: 100000\r\n\r\n";
    let peers = join_all((0..200).map(|_| send(&host, "127.0.0.1", request))).await;
    let others = async {
        for _ in 0..20 {
            assert_eq!(host.post("/guest/count", "12345").await.json(), 5);
        }
    };
    let (answers, ()) = tokio::join!(join_all(peers.into_iter().map(dripping)), others);
    for answer in answers {
        let (status, document) = problem(&answer);
        assert_eq!((status, &document["title"]), (408, &Value::from("Request Timeout")));
    }
}

#[tokio::test]
async fn a_large_body_that_stops_coming_gives_back_its_place() {
    let host = Application::new().start(&["--max-in-flight=1", "--max-queued=0", "--peer-patience-ms=1000"]);
    let mut peer = send(
        &host,
        "127.0.0.1",
        "POST /guest/count HTTP/1.1\r\nhost: h\r\ncontent-length: 4000000\r\n\r\n",
    )
    .await;
    peer.write_all(&vec![b'x'; 3 << 20]).await.unwrap();
    served_again(&host, "/guest/hello").await;
    assert_eq!(problem(&rest(peer).await).0, 408);
}

#[tokio::test]
async fn bodies_are_read_with_a_place_when_too_much_has_been_read_without() {
    let host = Application::new().start(&["--read-ahead-mib=0"]);
    let body = Bytes::from(vec![b'x'; 3 << 20]);
    assert_eq!(host.post("/guest/count", body.clone()).await.json(), body.len());
    assert_eq!(host.post("/guest/echo", body.clone()).await.body, body);
    assert_eq!(host.post("/guest/count", "12345").await.json(), 5);
}

#[tokio::test]
async fn a_body_that_is_none_is_the_clients_fault() {
    let host = Application::new().start(&[]);
    let head = "POST /guest/count HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n";
    let peer = send(&host, "127.0.0.1", &format!("{head}no chunk\r\n")).await;
    assert_eq!(problem(&rest(peer).await).0, 400);
}

#[tokio::test]
async fn heads_that_come_slowly_have_a_deadline() {
    let host = Application::new().start(&["--max-in-flight=1", "--header-deadline-ms=1000"]);
    let peers = join_all((0..200).map(|_| send(&host, "127.0.0.1", "GET /guest/he"))).await;
    let others = async {
        for _ in 0..20 {
            assert_eq!(host.get("/guest/hello").await.status, 200);
        }
    };
    tokio::join!(join_all(peers.into_iter().map(dripping)), others);
}

#[tokio::test]
async fn connections_over_the_cap_are_refused_and_open_ones_served() {
    let host = Application::new().start(&["--max-connections=20"]);
    // This connection is kept, and is one of them.
    assert_eq!(host.get("/guest/hello").await.status, 200);
    let open = join_all((0..19).map(|_| send(&host, "127.0.0.1", ""))).await;
    for _ in 0..3 {
        let more =
            join_all((0..100).map(|_| send(&host, "127.0.0.1", "GET /guest/hello HTTP/1.1\r\nhost: h\r\n\r\n"))).await;
        for answer in join_all(more.into_iter().map(rest)).await {
            // Who comes when very many are being told may see its connection reset instead.
            if !answer.is_empty() {
                let (status, document) = problem(&answer);
                assert_eq!(status, 503, "{document}");
            }
        }
        assert_eq!(host.get("/guest/hello").await.status, 200);
    }
    let answer = rest(send(&host, "127.0.0.1", "").await).await;
    assert!(problem(&answer).1["detail"].as_str().unwrap().contains("connections"));
    drop(open);
    accepted_again(&host).await;
}

#[tokio::test]
async fn one_address_does_not_get_all_connections() {
    let host = Application::new().start(&["--max-connections-per-address=10"]);
    let mut open = join_all((0..10).map(|_| send(&host, "127.0.0.1", ""))).await;
    let refused = rest(send(&host, "127.0.0.1", HELLO).await).await;
    assert!(refused.is_empty() || problem(&refused).0 == 503);
    let served = rest(send(&host, "127.0.0.2", HELLO).await).await;
    assert!(served.starts_with(b"HTTP/1.1 200"));
    // Those that were there before are served, too.
    let mut first = open.remove(0);
    first.write_all(HELLO.as_bytes()).await.unwrap();
    assert!(rest(first).await.starts_with(b"HTTP/1.1 200"));
}

/// The host with the limits of open files that `ulimit` sets.
fn with_open_files(ulimit: &str) -> Host {
    let application = Application::new();
    let plain = application.command(&[]);
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("{ulimit} && exec \"$@\""), "sh"])
        .arg(plain.get_program())
        .args(plain.get_args());
    for (name, value) in plain.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    Host::start(application, command)
}

#[tokio::test]
async fn open_files_are_asked_for_and_too_few_are_told() {
    let host = with_open_files("ulimit -Sn 200");
    let began = std::time::Instant::now();
    loop {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", host.id())).unwrap();
        let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
        let numbers: Vec<_> = files
            .split_whitespace()
            .filter(|word| word.parse::<u64>().is_ok())
            .collect();
        if numbers[0] == numbers[1] {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{files}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(host.log().iter().all(|line| !line.contains("ulimit")));

    let host = with_open_files("ulimit -n 600");
    host.logged(|line| line["level"] == "WARN" && line["possible"] == 88)
        .await;
    let open = join_all((0..120).map(|_| send(&host, "127.0.0.1", ""))).await;
    assert!(host.log().iter().all(|line| !line.contains("cannot be accepted")));
    drop(open);
    accepted_again(&host).await;
}

#[tokio::test]
async fn instances_have_a_limit_of_memory_together() {
    let host = Application::new().start(&["--memory-mib=200", "--instance-memory-mib=100"]);
    let replies = join_all((0..8).map(|_| host.get("/guest/hog?mib=80&ms=500"))).await;
    let (served, refused): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
    assert!(!served.is_empty() && !refused.is_empty());
    for reply in refused {
        reply.problem(503);
    }
    // Its own limit is the component's fault.
    served_again(&host, "/guest/hog?mib=80").await;
    host.get("/guest/hog?mib=110").await.problem(500);
}
