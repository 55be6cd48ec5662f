//! Events on Redis: the channels of the platform, each change once, cut to size.

use std::time::Duration;

use futures::StreamExt;
use redis::aio::PubSub;
use runledger_tests::{App, Graph, until};
use serde_json::{Value, json};

/// Hears everything that an application publishes.
struct Listener {
    pubsub: PubSub,
}

impl Listener {
    /// `None` where there is no Redis.
    async fn start(app: &App) -> Option<Self> {
        let url = std::env::var("REDIS_URL").ok().filter(|url| !url.is_empty())?;
        let client = redis::Client::open(url).unwrap();
        let mut pubsub = client.get_async_pubsub().await.unwrap();
        pubsub.psubscribe(format!("{}/*", app.db.name())).await.unwrap();
        Some(Self { pubsub })
    }

    /// The next message: its channel without the bus's name, and its payload.
    async fn next(&mut self) -> (String, Value) {
        let mut messages = self.pubsub.on_message();
        let message = tokio::time::timeout(Duration::from_secs(30), messages.next());
        let message = message.await.expect("a message comes in time").unwrap();
        let (_, channel) = message.get_channel_name().split_once('/').unwrap();
        let body: String = message.get_payload().unwrap();
        let mut body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(1), "only a payload");
        (channel.to_owned(), body["payload"].take())
    }

    async fn expect_silence(&mut self) {
        let more = tokio::time::timeout(Duration::from_millis(1500), self.next()).await;
        assert!(more.is_err(), "{more:?}");
    }
}

/// Creates an execution with these inputs; gives its id.
async fn create_with(app: &App, graph: &Graph, inputs: Value) -> String {
    let mut body = graph.creation();
    body["inputs"] = inputs.clone();
    body["starting_nodes_input"][0]["input"] = inputs;
    let create = app.service_for(&graph.owner).post(&graph.executions()).json(&body);
    create.expect(201).await.text("id")
}

#[tokio::test]
async fn each_change_is_published_once_on_its_executions_channel() {
    let app = App::start().await;
    let Some(mut listener) = Listener::start(&app).await else {
        return;
    };
    let graph = app.graph("weather", "ann").await;
    // Streams publish too what they find unpublished; not what somebody else is publishing.
    let _streams = [
        app.user("ann").get("/api/events").open().await,
        app.service.get("/api/events").open().await,
    ];
    let mut expected = Vec::new();
    for _ in 0..20 {
        let id = app.create_in(&graph, "COMPLETED").await;
        for status in ["INCOMPLETE", "QUEUED", "RUNNING", "COMPLETED"] {
            expected.push((format!("ann/weather/{id}"), status));
        }
    }
    for (channel, status) in expected {
        let (heard, payload) = listener.next().await;
        assert_eq!((heard.as_str(), &payload["status"]), (channel.as_str(), &json!(status)));
        let kind = if status == "QUEUED" {
            "node_execution_update"
        } else {
            "graph_execution_update"
        };
        assert_eq!(payload["event_type"], kind);
    }
    listener.expect_silence().await;
}

#[tokio::test]
async fn a_channel_is_of_one_run_whatever_the_ids_are() {
    let app = App::start().await;
    let Some(mut listener) = Listener::start(&app).await else {
        return;
    };
    let _stream = app.service.get("/api/events").open().await;
    // Told apart only by where one id ends and the next begins, or patterns of whoever subscribes.
    let runs = [
        ("ann/w", "x", "y", "ann%2Fw/x/y"),
        ("ann", "w/x", "y", "ann/w%2Fx/y"),
        ("*", "a?[b]", "c\\100%", "%2A/a%3F%5Bb%5D/c%5C100%25"),
        ("käthe", "grün", "fünf", "käthe/grün/fünf"),
    ];
    for (user, graph, id, channel) in runs {
        let insert = r#"WITH graph AS (INSERT INTO "AgentGraph" (id, version, "userId") VALUES ($3, 1, $2))
            INSERT INTO "AgentGraphExecution" (id, "userId", "agentGraphId", "executionStatus")
            VALUES ($1, $2, $3, 'QUEUED')"#;
        app.db.execute(insert, &[&id, &user, &graph]).await;
        let (heard, payload) = listener.next().await;
        assert_eq!((heard.as_str(), &payload["id"]), (channel, &json!(id)));
        // It is another one's turn.
        app.db
            .execute(r#"DELETE FROM "AgentGraphExecution" WHERE id = $1"#, &[&id])
            .await;
        let (heard, payload) = listener.next().await;
        assert_eq!((heard.as_str(), &payload["is_deleted"]), (channel, &json!(true)));
    }
}

#[tokio::test]
async fn a_change_made_past_the_api_is_published_while_a_stream_is_open() {
    let app = App::start().await;
    let Some(mut listener) = Listener::start(&app).await else {
        return;
    };
    let graph = app.graph("weather", "ann").await;
    let id = app.create(&graph).await;
    listener.next().await;
    listener.next().await;
    let _stream = app.user("ann").get("/api/events").open().await;
    let sql = r#"UPDATE "AgentGraphExecution" SET "executionStatus" = 'FAILED' WHERE id = $1"#;
    app.db.execute(sql, &[&id]).await;
    assert_eq!(listener.next().await.1["status"], "FAILED");
    listener.expect_silence().await;
}

#[tokio::test]
async fn large_data_is_cut_and_says_so() {
    let limit = 8000;
    let app = App::builder()
        .variable("max_message_size_limit", &limit.to_string())
        .start()
        .await;
    let Some(mut listener) = Listener::start(&app).await else {
        return;
    };
    let graph = app.graph("weather", "ann").await;
    let long = format!("{}{}", "a".repeat(50_000), "z".repeat(50_000));
    create_with(
        &app,
        &graph,
        json!({ "text": long, "small": [1, 2], "deep": { "list": vec!["item"; 5000] } }),
    )
    .await;
    let (_, execution) = listener.next().await;
    assert_eq!(execution["event_type"], "graph_execution_update");
    let inputs = &execution["inputs"];
    assert!(inputs.to_string().len() <= limit / 2);
    assert_eq!(inputs["small"], json!([1, 2]));
    let text = inputs["text"].as_str().unwrap();
    assert!(
        text.starts_with("aaa") && text.ends_with("zzz") && text.contains("… (omitted "),
        "{text}"
    );
    let list = inputs["deep"]["list"].as_array().unwrap();
    assert_eq!((&list[0], list.last()), (&json!("item"), Some(&json!("item"))));
    let (_, node) = listener.next().await;
    assert!(node["input_data"]["text"].as_str().unwrap().contains(" chars)…"));

    // The stream tells the same.
    let mut stream = app.user("ann").get("/api/events?after=0").open().await;
    assert_eq!(stream.next().await.payload, execution);
}

#[tokio::test]
async fn what_does_not_fit_even_so_is_told_with_its_sizes() {
    let app = App::builder().variable("max_message_size_limit", "300").start().await;
    let Some(mut listener) = Listener::start(&app).await else {
        return;
    };
    let graph = app.graph("weather", "ann").await;
    let id = create_with(&app, &graph, json!({ "text": "x".repeat(1000) })).await;
    let (channel, error) = listener.next().await;
    assert_eq!(channel, format!("ann/weather/{id}"));
    assert_eq!(error["event_type"], "error_comms_update");
    assert_eq!(error["max_size_bytes"], 300);
    assert!(error["original_size_bytes"].as_u64().unwrap() > 300, "{error}");
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_told_as_such_and_everything_else_is_published() {
    let app = App::start().await;
    let Some(mut listener) = Listener::start(&app).await else {
        return;
    };
    let (anns, bobs) = (app.graph("weather", "ann").await, app.graph("news", "bob").await);
    let unreadable = app.create(&anns).await;
    let good = app.create(&anns).await;
    for _ in 0..4 {
        listener.next().await;
    }
    // Until a later platform has it so.
    let column = r#"ALTER TABLE "AgentGraphExecution" ALTER COLUMN "isShared" DROP NOT NULL"#;
    app.db.execute(column, &[]).await;
    let sql = r#"UPDATE "AgentGraphExecution" SET "isShared" = NULL, "startedAt" = now() WHERE id = $1"#;
    app.db.execute(sql, &[&unreadable]).await;
    app.move_to(&good, "RUNNING").await;
    let id = app.create(&bobs).await;

    let (channel, error) = listener.next().await;
    assert_eq!(channel, format!("ann/weather/{unreadable}"));
    assert_eq!(error["event_type"], "error_comms_update");
    assert_eq!(error["graph_exec_id"], unreadable.as_str());
    assert_eq!(listener.next().await.1["status"], "RUNNING");
    assert_eq!(listener.next().await.0, format!("bob/news/{id}"));
    // Streams and lists do without it, too.
    let mut stream = app.user("ann").get("/api/events?after=0").open().await;
    stream.find(|event| event.kind == "error_comms_update").await;
    stream.find(|event| event.payload["status"] == "RUNNING").await;
    for path in ["/api/executions?page_size=10", "/api/executions?limit=1"] {
        let list = app.user("ann").get(path).expect(200).await.json();
        let listed = list["executions"].as_array().unwrap();
        assert_eq!(
            listed.iter().map(|item| &item["id"]).collect::<Vec<_>>(),
            [good.as_str()],
            "{path}"
        );
    }
    let told = || {
        app.host
            .log()
            .iter()
            .any(|line| line.contains("ERROR") && line.contains(&unreadable))
    };
    until("the log says so", async || told().then_some(())).await;
}

/// Everything that an event is put together from counts, whatever else is null: a hundred megabytes anywhere are not read.
#[tokio::test]
async fn what_is_too_large_to_be_read_is_not_and_everything_else_is_published() {
    const BYTES: u64 = 100_000_000;
    let app = App::start().await;
    let Some(mut listener) = Listener::start(&app).await else {
        return;
    };
    let graph = app.graph("weather", "ann").await;
    let id = app.create_in(&graph, "RUNNING").await;
    let node = app.first_node(&id).await;
    for _ in 0..3 {
        listener.next().await;
    }
    let large = format!("jsonb_build_object('mine', repeat('x', {BYTES}))");
    for (sql, of) in [
        (
            format!(r#"UPDATE "AgentGraphExecution" SET stats = {large} WHERE id = $1"#),
            &id,
        ),
        (
            format!(
                r#"UPDATE "AgentGraphExecution" SET stats = NULL, inputs = NULL, "nodesInputMasks" = {large} WHERE id = $1"#
            ),
            &id,
        ),
        (
            format!(
                r#"UPDATE "AgentNodeExecutionInputOutput" SET name = repeat('x', {BYTES}), data = NULL
                   WHERE "referencedByInputExecId" = $1"#
            ),
            &node,
        ),
    ] {
        app.db.execute(&sql, &[of]).await;
        // Whoever writes next has it published.
        let next = app.create(&graph).await;
        let (channel, error) = listener.next().await;
        assert_eq!(channel, format!("ann/weather/{id}"));
        assert_eq!(error["event_type"], "error_comms_update", "{sql}");
        assert!(error["original_size_bytes"].as_u64().unwrap() >= BYTES, "{error}");
        for _ in 0..2 {
            assert_eq!(listener.next().await.0, format!("ann/weather/{next}"));
        }
    }
}

#[tokio::test]
async fn what_became_anothers_before_it_was_published_is_published_without_its_data() {
    let app = App::start().await;
    let Some(mut listener) = Listener::start(&app).await else {
        return;
    };
    let graph = app.graph("weather", "ann").await;
    // Past the API, so that nobody publishes in between.
    for sql in [
        r#"INSERT INTO "AgentGraphExecution" (id, "executionStatus", "agentGraphId", "userId", inputs)
           VALUES ('x1', 'RUNNING', 'weather', 'ann', '{"city": "of ann"}')"#,
        r#"UPDATE "AgentGraphExecution" SET "userId" = 'bob', inputs = '{"city": "of bob"}' WHERE id = 'x1'"#,
    ] {
        app.db.execute(sql, &[]).await;
    }
    app.create(&graph).await;
    for (channel, inputs, is_deleted) in [
        ("ann/weather/x1", json!({}), false),
        ("ann/weather/x1", json!({}), true),
        ("bob/weather/x1", json!({ "city": "of bob" }), false),
    ] {
        let (heard, payload) = listener.next().await;
        assert_eq!(
            (heard.as_str(), &payload["inputs"], &payload["is_deleted"]),
            (channel, &inputs, &json!(is_deleted))
        );
    }
}
