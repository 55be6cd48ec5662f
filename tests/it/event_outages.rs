//! Servers that go away while streams are open: nobody has to come back, and nothing is missed.

use std::{path::PathBuf, process, time::Duration};

use runledger_tests::{App, EventStream, until};
use xtask::servers::{Durability, Postgres, PostgresConfig, Redis, RedisConfig};

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", process::id()))
}

/// The statuses of an execution as a stream tells them, up to the last one.
async fn statuses(stream: &mut EventStream, id: &str, last: &str) -> Vec<String> {
    let mut told = Vec::new();
    while told.last().is_none_or(|status| status != last) {
        let event = stream.find(|event| event.payload["id"] == id).await;
        told.push(event.payload["status"].as_str().unwrap().to_owned());
    }
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_dies_and_comes_back_and_streams_do_not_notice() {
    let mut redis = Redis::start(RedisConfig::new(folder("events-redis"), false)).expect("a private Redis starts");
    let app = App::builder().redis(Some(&redis.url())).start().await;
    let graph = app.graph("weather", "ann").await;
    let mut stream = app.user("ann").get("/api/events").open().await;
    let id = app.create(&graph).await;

    redis.stop().expect("Redis stops");
    app.move_to(&id, "RUNNING").await;
    app.move_to(&id, "REVIEW").await;
    let told = statuses(&mut stream, &id, "REVIEW").await;
    assert_eq!(told, ["INCOMPLETE", "RUNNING", "REVIEW"]);
    let complaints = || {
        app.host
            .log()
            .iter()
            .filter(|line| line.contains("events are not published"))
            .count()
    };
    until("the log says so", async || (complaints() > 0).then_some(())).await;

    // With nothing in its memory.
    redis.restart().expect("Redis starts again");
    let client = redis::Client::open(redis.url()).unwrap();
    let mut pubsub = client.get_async_pubsub().await.unwrap();
    pubsub.psubscribe("*").await.unwrap();
    // Each instance leaves Redis alone for a moment after it failed.
    tokio::time::sleep(Duration::from_secs(3)).await;
    app.move_to(&id, "RUNNING").await;
    assert_eq!(statuses(&mut stream, &id, "RUNNING").await, ["RUNNING"]);
    app.move_to(&id, "COMPLETED").await;
    assert_eq!(statuses(&mut stream, &id, "COMPLETED").await, ["COMPLETED"]);

    // What was not published then is published now, in order.
    let mut published = Vec::new();
    {
        use futures::StreamExt;
        let mut messages = pubsub.on_message();
        while published.last().is_none_or(|status: &String| status != "COMPLETED") {
            let message = tokio::time::timeout(Duration::from_secs(30), messages.next());
            let body: String = message.await.expect("a message comes").unwrap().get_payload().unwrap();
            let body: serde_json::Value = serde_json::from_str(&body).unwrap();
            if body["payload"]["event_type"] == "graph_execution_update" {
                published.push(body["payload"]["status"].as_str().unwrap().to_owned());
            }
        }
    }
    let missed = ["RUNNING", "REVIEW", "RUNNING", "COMPLETED"];
    assert!(published.ends_with(&missed.map(str::to_owned)), "{published:?}");
    drop(app);
    redis.remove().expect("the private Redis is removed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_vanishes_without_a_word_holds_nobody_up() {
    let redis = Redis::start(RedisConfig::new(folder("frozen-redis"), false)).expect("a private Redis starts");
    let app = App::builder().redis(Some(&redis.url())).start().await;
    let graph = app.graph("weather", "ann").await;
    let mut stream = app.user("ann").get("/api/events").open().await;
    let id = app.create(&graph).await;
    assert_eq!(statuses(&mut stream, &id, "INCOMPLETE").await, ["INCOMPLETE"]);

    // The stream waits on it now, on a connection that does not end.
    redis.freeze().expect("Redis can be frozen");
    app.move_to(&id, "RUNNING").await;
    assert_eq!(statuses(&mut stream, &id, "RUNNING").await, ["RUNNING"]);
    redis.thaw().expect("Redis goes on");
    app.move_to(&id, "COMPLETED").await;
    assert_eq!(statuses(&mut stream, &id, "COMPLETED").await, ["COMPLETED"]);
    drop(app);
    redis.remove().expect("the private Redis is removed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_dies_and_comes_back_and_streams_go_on() {
    let config = PostgresConfig::new(folder("events-postgres"), Durability::Kept);
    let mut postgres = Postgres::start(config).expect("a private Postgres starts");
    let app = App::builder().server(&postgres.url("postgres")).start().await;
    let graph = app.graph("weather", "ann").await;
    let mut stream = app.user("ann").get("/api/events").open().await;
    let id = app.create(&graph).await;
    app.move_to(&id, "RUNNING").await;

    postgres.crash().expect("Postgres can be made to crash");
    let path = format!("/api/executions/{id}");
    app.user("ann").get("/api/events").expect(503).await;
    postgres.restart().expect("Postgres recovers");
    until("the database is back", async || {
        let reply = app.service.get(&path).send().await.ok()?;
        (reply.status == 200).then_some(())
    })
    .await;
    app.move_to(&id, "COMPLETED").await;
    let told = statuses(&mut stream, &id, "COMPLETED").await;
    assert_eq!(told, ["INCOMPLETE", "RUNNING", "COMPLETED"]);
    drop(app);
    postgres.remove().expect("the private Postgres is removed");
}
