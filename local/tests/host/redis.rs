//! Redis.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    proxy::Proxy,
    support::{Application, Host, redis_url},
};

async fn run(host: &Host, address: &str, commands: Value) -> Value {
    let body = json!({ "address": address, "commands": commands }).to_string();
    host.post("/guest/redis", body).await.json()
}

/// A key that no other test uses.
fn key(name: &str) -> String {
    format!("runledger-local:{name}:{}", uuid::Uuid::now_v7())
}

#[tokio::test]
async fn functions_and_commands_work() {
    let Some(url) = redis_url() else { return };
    let host = Application::new().start(&[]);
    let (text, count, set) = (key("text"), key("count"), key("set"));
    let commands = json!([
        ["get", text],
        ["set", text, "value"],
        ["get", text],
        ["incr", count],
        ["incr", count],
        ["sadd", set, "a", "b"],
        ["srem", set, "b"],
        ["smembers", set],
        ["publish", text, "x"],
        ["del", text],
        ["get", text],
        ["SET", text, 7, "EX", 60],
        ["GET", text],
        ["TTL", text],
        ["EVAL", "return {1,{'a',{2}},false}", 0],
        ["NOSUCH"],
        ["incr", set],
        ["GET", set],
    ]);
    let results = run(&host, &url, commands).await;
    let expected = json!([
        null, "set", "value", 1, 2, 2, 1, ["a"], "published", 1, null,
        [{ "status": "OK" }], ["7"], [60], [1, "a", 2, null],
    ]);
    let results = results.as_array().unwrap();
    assert_eq!(json!(results[..15]), expected);
    assert!(
        results[15]["error"].as_str().unwrap().contains("unknown command"),
        "{}",
        results[15]
    );
    assert_eq!(results[16], json!({ "error": "type-error" }));
    assert_eq!(results[17], json!({ "error": "type-error" }));
}

#[tokio::test]
async fn other_hosts_are_denied() {
    let host = Application::new().start(&[]);
    for address in [
        "redis://10.0.0.1:6379",
        "redis://127.0.0.1:2",
        "redis+unix:///tmp/x",
        "nonsense",
    ] {
        let denied = run(&host, address, json!([])).await;
        assert!(denied["error"].is_string(), "{address}: {denied}");
    }
}

#[tokio::test]
async fn a_command_that_waits_holds_nobody_up() {
    let Some(url) = redis_url() else { return };
    let host = Application::new().start(&[]);
    let list = key("list");
    let waiting = run(&host, &url, json!([["BLPOP", list, 20]]));
    let others = async {
        let started = Instant::now();
        for _ in 0..20 {
            run(&host, &url, json!([["get", list]])).await;
        }
        assert!(started.elapsed() < Duration::from_secs(5));
        run(&host, &url, json!([["RPUSH", list, "x"]])).await;
    };
    let (waited, ()) = tokio::join!(waiting, others);
    assert_eq!(waited, json!([[list, "x"]]));
}

#[tokio::test]
async fn waiting_again_and_again_takes_one_connection() {
    let Some(url) = redis_url() else { return };
    let proxy = Proxy::start(&url).await;
    let host = Application::new().start(&["--variable", &format!("redis_host={}", proxy.address())]);
    let (url, stream) = (proxy.through(&url), key("stream"));
    let wait = json!(["XREAD", "BLOCK", 10, "STREAMS", stream, "0-0"]);
    let waits = json!([wait, wait, wait, wait]);
    assert_eq!(run(&host, &url, waits).await, json!([[null], [null], [null], [null]]));
    assert_eq!(proxy.connections(), 1);

    let waiting = run(
        &host,
        &url,
        json!([wait, ["XREAD", "BLOCK", 20_000, "STREAMS", stream, "0-0"]]),
    );
    let others = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        // A wait goes on over a new connection.
        proxy.cut().await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        run(&host, &url, json!([["XADD", stream, "7-0", "e", ""]])).await;
    };
    let (waited, ()) = tokio::join!(waiting, others);
    assert_eq!(waited[1], json!([stream, "7-0", "e", ""]), "{waited}");
}

#[tokio::test]
async fn a_transaction_is_not_shared() {
    let Some(url) = redis_url() else { return };
    let host = Application::new().start(&[]);
    let count = key("count");
    let transaction = json!([["MULTI"], ["INCR", count], ["incr", count], ["EXEC"]]);
    let results = run(&host, &url, transaction).await;
    assert_eq!(results[3], json!([1, 2]), "{results}");
}

#[tokio::test]
async fn a_lost_connection_is_made_anew() {
    let Some(url) = redis_url() else { return };
    let proxy = Proxy::start(&url).await;
    let host = Application::new().start(&["--variable", &format!("redis_host={}", proxy.address())]);
    let (url, text) = (proxy.through(&url), key("text"));
    assert_eq!(run(&host, &url, json!([["set", text, "v"]])).await, json!(["set"]));
    proxy.cut().await;
    assert_eq!(
        run(&host, &url, json!([["get", text]])).await,
        json!(["v"]),
        "a reading command is sent again"
    );
    proxy.close().await;
    let failed = run(&host, &url, json!([["get", text]])).await;
    assert!(failed[0]["error"].is_string(), "{failed}");
    proxy.open();
    assert_eq!(run(&host, &url, json!([["get", text]])).await, json!(["v"]));
}
