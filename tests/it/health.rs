//! Health, readiness, and the description of the API.

use std::{fs, path::PathBuf, process};

use runledger_tests::{App, until};
use serde_json::json;
use xtask::servers::{Durability, Postgres, PostgresConfig, Redis, RedisConfig};

#[tokio::test]
async fn a_live_process_says_so_and_a_ready_one_says_with_what() {
    let app = App::builder().variable("redis_url", "").start().await;
    let health = app.anonymous.get("/api/health").expect(200).await;
    assert_eq!(health.json(), json!({ "status": "ok" }));
    let mut ready = app.anonymous.get("/api/health/ready").expect(200).await.json();
    // What is scheduled may or may not be late, depending on how old the tables are.
    assert!(ready["warnings"].take().is_array(), "{ready}");
    let version = app.db.number("SELECT count(*) FROM runledger.migrations", &[]).await;
    assert_eq!(
        ready,
        json!({ "status": "ready", "database": "ok", "schema_version": version, "redis": "unset",
            "warnings": null })
    );
}

#[tokio::test]
async fn redis_comes_and_goes_and_the_application_stays_ready() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("redis-{}", process::id()));
    let mut redis = Redis::start(RedisConfig::new(&folder, false)).expect("a private Redis starts");
    let app = App::builder()
        .variable("redis_url", &redis.url())
        .variable("redis_host", &format!("127.0.0.1:{}", redis.port()))
        .start()
        .await;
    let state = async || app.anonymous.get("/api/health/ready").expect(200).await.text("redis");
    assert_eq!(state().await, "ok");
    redis.stop().expect("Redis stops");
    assert_eq!(state().await, "down");
    redis.restart().expect("Redis starts again");
    until("Redis is seen again", async || (state().await == "ok").then_some(())).await;
    redis.remove().expect("Redis is removed");
}

#[tokio::test]
async fn an_unmigrated_database_is_not_ready() {
    let app = App::start().await;
    app.db.execute("ALTER SCHEMA runledger RENAME TO away", &[]).await;
    app.anonymous.get("/api/health/ready").expect(503).await;
    app.anonymous.get("/api/health").expect(200).await;
    app.db.execute("ALTER SCHEMA away RENAME TO runledger", &[]).await;
    app.anonymous.get("/api/health/ready").expect(200).await;
}

#[tokio::test]
async fn older_tables_are_not_ready_and_newer_ones_are() {
    let app = App::start().await;
    let ready = async |status| app.anonymous.get("/api/health/ready").expect(status).await;
    let newest = "(SELECT max(version) FROM runledger.migrations)";
    app.db
        .execute(
            &format!("INSERT INTO runledger.migrations (version, name, checksum) SELECT {newest} + 1, '', ''"),
            &[],
        )
        .await;
    ready(200).await;
    for _ in 0..2 {
        app.db
            .execute(
                &format!("DELETE FROM runledger.migrations WHERE version = {newest}"),
                &[],
            )
            .await;
    }
    let refused = ready(503).await.problem().document;
    assert!(
        refused["detail"].as_str().unwrap().contains("migrate it first"),
        "{refused}"
    );
    // Whatever its tables lack.
    app.db
        .execute("ALTER TABLE runledger.jobs DROP COLUMN failures", &[])
        .await;
    ready(503).await;
}

#[tokio::test]
async fn a_database_that_takes_no_writes_is_ready_only_where_that_is_meant() {
    let db = App::start().await.db;
    let read_only = format!("ALTER DATABASE {} SET default_transaction_read_only = on", db.name());
    db.execute(&read_only, &[]).await;
    let app = App::builder().start_on(db).await;
    let refused = app.anonymous.get("/api/health/ready").expect(503).await;
    assert!(
        refused.problem().document["detail"]
            .as_str()
            .unwrap()
            .contains("takes no writes"),
        "{refused}"
    );
    let App { db, host, .. } = app;
    drop(host);
    let app = App::builder().variable("database_read_only", "true").start_on(db).await;
    app.anonymous.get("/api/health/ready").expect(200).await;
}

#[tokio::test]
async fn a_hot_standby_has_metrics_and_is_not_ready() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("standby-{}", process::id()));
    let mut postgres =
        Postgres::start(PostgresConfig::new(folder, Durability::Kept)).expect("a private Postgres starts");
    let app = App::builder().server(&postgres.url("postgres")).start().await;
    app.anonymous.get("/api/health/ready").expect(200).await;
    postgres.stop().expect("Postgres stops");
    fs::write(postgres.folder().join("data/standby.signal"), "").expect("it is told to be a standby");
    postgres.restart().expect("Postgres starts again");
    let refused = until("the standby answers", async || {
        let reply = app.anonymous.get("/api/health/ready").send().await.ok()?;
        let detail = reply.problem().document["detail"].as_str()?.to_owned();
        (!detail.contains("out of reach")).then_some(detail)
    })
    .await;
    assert!(refused.contains("takes no writes"), "{refused}");
    let metrics = app.anonymous.get("/api/metrics").expect(200).await;
    assert!(String::from_utf8_lossy(&metrics.body).contains("runledger_schema_version"));
    drop(app);
    postgres.remove().expect("Postgres is removed");
}

#[tokio::test]
async fn the_description_is_openapi_and_is_not_sent_twice() {
    let app = App::start().await;
    let reply = app.anonymous.get("/api/openapi.json").expect(200).await;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let document = reply.json();
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1.")),
        "{document}"
    );
    let etag = reply.header("etag").expect("it carries an ETag").to_owned();
    app.anonymous
        .get("/api/openapi.json")
        .header("if-none-match", &etag)
        .expect(304)
        .await;
}

#[tokio::test]
async fn the_description_is_complete() {
    let app = App::start().await;
    let document = app.anonymous.get("/api/openapi.json").expect(200).await.json();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, operation)| operation.is_object())
        {
            let what = format!("{method} {path}");
            let said = |member: &str| operation[member].as_str().is_some_and(|text| !text.is_empty());
            assert!(
                said("operationId") && (said("summary") || said("description")),
                "{what} says what it does"
            );
            let responses = operation["responses"].as_object().unwrap();
            assert!(
                responses.keys().any(|status| status.starts_with('2')),
                "{what} has a good answer"
            );
            let parameters = operation["parameters"]
                .as_array()
                .into_iter()
                .chain(item["parameters"].as_array());
            let in_path: Vec<&str> = parameters
                .flatten()
                .filter(|parameter| parameter["in"] == "path")
                .filter_map(|parameter| parameter["name"].as_str())
                .collect();
            for name in path
                .split('/')
                .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            {
                assert!(in_path.contains(&name), "{what} describes {name}");
            }
        }
    }
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer} is described");
    }
}

#[tokio::test]
async fn the_reference_page_needs_nothing_from_elsewhere() {
    let app = App::start().await;
    let page = app.anonymous.get("/api/docs").expect(200).await;
    assert!(
        page.header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html")),
        "{page}"
    );
    let text = String::from_utf8_lossy(&page.body);
    assert!(text.contains("/api/openapi.json"), "it shows the description");
    for foreign in ["src=\"http", "href=\"http", "src=\"//", "href=\"//", "@import"] {
        assert!(!text.contains(foreign), "it loads {foreign}");
    }
}
