//! Postgres.

use futures::future::join_all;
use serde_json::{Value, json};

use crate::{
    proxy::Proxy,
    support::{Application, Host, Reply, database_url},
};

async fn post(host: &Host, mode: &str, address: &str, statement: &str, params: Value) -> Reply {
    let body = json!({ "address": address, "statement": statement, "params": params }).to_string();
    host.post(&format!("/guest/sql/{mode}"), body).await
}

/// The rows of a statement.
async fn rows(host: &Host, address: &str, statement: &str, params: Value) -> Value {
    let reply = post(host, "query", address, statement, params).await;
    assert_eq!(reply.status, 200, "{statement}: {:?}", reply.body);
    reply.json()["rows"].clone()
}

/// The error of a statement.
async fn error(host: &Host, address: &str, statement: &str, params: Value) -> Value {
    let reply = post(host, "query", address, statement, params).await;
    assert_eq!(reply.status, 500, "{statement}: {:?}", reply.body);
    reply.json()
}

#[tokio::test]
async fn values_of_every_kind_survive_a_round_trip() {
    let Some(url) = database_url() else { return };
    for arguments in [&[] as &[&str], &["--unnamed-statements"], &["--like-spin"]] {
        survive_a_round_trip(&Application::new().start(arguments), &url).await;
    }
}

async fn survive_a_round_trip(host: &Host, url: &str) {
    for (ty, value) in [
        ("boolean", json!({ "boolean": true })),
        ("smallint", json!({ "int16": -3 })),
        ("integer", json!({ "int32": i32::MIN })),
        ("bigint", json!({ "int64": i64::MAX })),
        ("real", json!({ "floating32": 1.5 })),
        ("double precision", json!({ "floating64": -1e300 })),
        ("text", json!({ "str": "žluťoučký 🐎 '\"\\" })),
        ("varchar(20)", json!({ "str": "" })),
        ("bytea", json!({ "binary": [0, 255, 10] })),
        ("date", json!({ "date": [2024, 2, 29] })),
        ("time", json!({ "time": [23, 59, 59, 123_456_000] })),
        ("timestamp", json!({ "datetime": [1969, 7, 20, 20, 17, 40, 5000] })),
        ("uuid", json!({ "uuid": "6a1b2c3d-0000-4000-8000-00000000ffff" })),
        ("jsonb", json!({ "jsonb": "\"x\"" })),
        (
            "numeric",
            json!({ "decimal": "-12345678901234567890.012345678901234567890" }),
        ),
        ("numeric", json!({ "decimal": "NaN" })),
        (
            "int4range",
            json!({ "range-int32": [[1, "inclusive"], [5, "exclusive"]] }),
        ),
        ("int8range", json!({ "range-int64": [null, [5, "exclusive"]] })),
        ("numrange", json!({ "range-decimal": [["1.5", "exclusive"], null] })),
        ("int4[]", json!({ "array-int32": [1, null, -2] })),
        ("int8[]", json!({ "array-int64": [] })),
        ("numeric[]", json!({ "array-decimal": ["0.10", null] })),
        ("text[]", json!({ "array-str": ["a", null, ""] })),
        ("varchar[]", json!({ "array-str": ["b"] })),
        ("interval", json!({ "interval": [1_000_001, -2, 13] })),
        ("text", json!(null)),
        ("jsonb", json!(null)),
    ] {
        let statement = format!("SELECT $1::{ty}, $1::{ty} IS NULL");
        let expected = json!([[value, { "boolean": value.is_null() }]]);
        assert_eq!(rows(host, url, &statement, json!([value])).await, expected, "{ty}");
    }
    let odd = "SELECT '2020-01-01 00:00:00+02'::timestamptz, 'empty'::int4range, '{\"a\":1}'::json, 'x'::name";
    let expected = json!([[
        { "datetime": [2019, 12, 31, 22, 0, 0, 0] },
        { "range-int32": [[0, "exclusive"], [0, "exclusive"]] },
        { "unsupported": b"{\"a\":1}" },
        { "unsupported": b"x" },
    ]]);
    assert_eq!(rows(host, url, odd, json!([])).await, expected);
    let at = rows(
        host,
        url,
        "SELECT $1::timestamptz = 'epoch'",
        json!([{ "timestamp": 0 }]),
    )
    .await;
    assert_eq!(at, json!([[{ "boolean": true }]]));
    let byte = rows(host, url, "SELECT $1::\"char\" = 'A'", json!([{ "int8": 65 }])).await;
    assert_eq!(byte, json!([[{ "boolean": true }]]));
}

#[tokio::test]
async fn enums_are_bytes_unless_cast() {
    let Some(url) = database_url() else { return };
    let host = Application::new().start(&[]);
    let name = format!("mood_{}", uuid::Uuid::now_v7().simple());
    post(
        &host,
        "execute",
        &url,
        &format!("CREATE TYPE {name} AS ENUM ('sad', 'ok')"),
        json!([]),
    )
    .await;
    let statement = format!("SELECT $1::text::{name}, $1::text::{name}::text");
    let reply = post(&host, "query", &url, &statement, json!([{ "str": "ok" }]))
        .await
        .json();
    assert_eq!(reply["rows"], json!([[{ "unsupported": b"ok" }, { "str": "ok" }]]));
    assert!(reply["columns"][0][1].as_str().unwrap().contains(&name), "{reply}");
    post(&host, "execute", &url, &format!("DROP TYPE {name}"), json!([])).await;
}

#[tokio::test]
async fn all_ways_to_run_a_statement_agree() {
    let Some(url) = database_url() else { return };
    let host = Application::new().start(&[]);
    let statement = "SELECT g AS number, g::text AS text FROM generate_series(1, 3) g WHERE g > $1";
    let streamed = post(&host, "query", &url, statement, json!([{ "int32": 1 }]))
        .await
        .json();
    let blocking = post(&host, "query-sync", &url, statement, json!([{ "int32": 1 }]))
        .await
        .json();
    assert_eq!(streamed, blocking);
    assert_eq!(
        streamed["columns"],
        json!([["number", "DbDataType::Int32"], ["text", "DbDataType::Str"]])
    );
    let nothing = post(&host, "query", &url, statement, json!([{ "int32": 3 }]))
        .await
        .json();
    assert_eq!(
        (&nothing["rows"], &nothing["columns"]),
        (&json!([]), &streamed["columns"]),
        "columns without rows"
    );
    for mode in ["execute", "execute-sync"] {
        assert_eq!(
            post(&host, mode, &url, statement, json!([{ "int32": 0 }])).await.json(),
            3,
            "{mode}"
        );
    }
}

#[tokio::test]
async fn errors_say_what_postgres_said() {
    let Some(url) = database_url() else { return };
    let host = Application::new().start(&[]);
    let failed = error(&host, &url, "SELECT 1/0", json!([])).await;
    assert_eq!(failed["db-error"]["code"], "22012");
    let failed = error(&host, &url, "SELEC 1", json!([])).await;
    assert_eq!(
        (&failed["db-error"]["code"], &failed["db-error"]["severity"]),
        (&json!("42601"), &json!("ERROR"))
    );
    let late = "SELECT 1/(2000 - g) FROM generate_series(1, 3000) g";
    assert_eq!(
        error(&host, &url, late, json!([])).await["db-error"]["code"],
        "22012",
        "after rows"
    );
    for mode in ["query-sync", "execute", "execute-sync"] {
        let reply = post(&host, mode, &url, "SELECT 1/0", json!([])).await;
        assert_eq!(reply.json()["db-error"]["code"], "22012", "{mode}");
    }

    let table = format!("t_{}", uuid::Uuid::now_v7().simple());
    let create = format!("CREATE TABLE {table} (a int CONSTRAINT {table}_positive CHECK (a > 0))");
    post(&host, "execute", &url, &create, json!([])).await;
    let failed = error(
        &host,
        &url,
        &format!("INSERT INTO {table} VALUES ($1)"),
        json!([{ "int32": -1 }]),
    )
    .await;
    assert_eq!(failed["db-error"]["code"], "23514");
    assert_eq!(failed["db-error"]["extras"]["constraint"], format!("{table}_positive"));
    assert!(failed["db-error"]["detail"].is_string());
    post(&host, "execute", &url, &format!("DROP TABLE {table}"), json!([])).await;

    let bad = error(&host, &url, "SELECT $1::date", json!([{ "date": [2023, 2, 30] }])).await;
    let said = |error: &serde_json::Value, kind: &str| error[kind].as_str().unwrap_or_default().to_owned();
    assert!(said(&bad, "bad-parameter").contains("2023-2-30"), "{bad}");
    let wrong = error(&host, &url, "SELECT $1::int8", json!([{ "int32": 1 }])).await;
    assert!(said(&wrong, "query-failed").contains("cast it in SQL"), "{wrong}");
    let missing = error(&host, &url, "SELECT $1::int8", json!([])).await;
    assert!(missing["query-failed"].is_string(), "{missing}");
    let infinite = error(&host, &url, "SELECT 'infinity'::timestamp AS far", json!([])).await;
    assert!(
        said(&infinite, "value-conversion-failed").contains("\"far\""),
        "{infinite}"
    );
    assert_eq!(
        rows(&host, &url, "SELECT 1", json!([])).await,
        json!([[{ "int32": 1 }]]),
        "and goes on"
    );
}

#[tokio::test]
async fn other_hosts_are_denied() {
    let host = Application::new().start(&["--variable", "database_host=127.0.0.1:1"]);
    for address in [
        "postgres://u:hunter2@127.0.0.1:2/d",
        "postgres://u:hunter2@10.0.0.1/d",
        "host=127.0.0.1 port=1 hostaddr=10.0.0.1 user=u",
        "host=/tmp user=u",
        "nonsense",
    ] {
        let denied = error(&host, address, "SELECT 1", json!([])).await;
        let text = denied["connection-failed"].as_str().unwrap();
        assert!(!text.contains("hunter2"), "{text}");
    }
    let down = error(&host, "postgres://u:hunter2@127.0.0.1:1/d", "SELECT 1", json!([])).await;
    assert!(down["connection-failed"].is_string(), "{down}");
    assert!(host.log().iter().all(|line| !line.contains("hunter2")));
}

#[tokio::test]
async fn large_results_are_streamed() {
    let Some(url) = database_url() else { return };
    let host = Application::new().start(&[]);
    let statement = "SELECT g, repeat('x', 100) FROM generate_series(1, 20000) g";
    let all = rows(&host, &url, statement, json!([])).await;
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), 20_000);
    assert!((1..).zip(all).all(|(number, row)| row[0]["int32"] == number));
}

#[tokio::test]
async fn rows_that_nobody_wants_do_no_harm() {
    let Some(url) = database_url() else { return };
    let host = Application::new().start(&["--postgres-connections", "1"]);
    // In this place Postgres makes the rows as they are asked for.
    let endless = "SELECT generate_series(1, 1000000000000)";
    for _ in 0..3 {
        let body = json!({ "address": url, "statement": endless, "limit": 2 }).to_string();
        let reply = host.post("/guest/sql/query", body).await;
        assert_eq!(reply.json()["rows"], json!([[{ "int64": 1 }], [{ "int64": 2 }]]));
        assert_eq!(
            rows(&host, &url, "SELECT 'next'", json!([])).await,
            json!([[{ "str": "next" }]])
        );
    }
}

#[tokio::test]
async fn an_abandoned_statement_is_cancelled() {
    let Some(url) = database_url() else { return };
    let host = Application::new().start(&["--request-deadline-ms", "400", "--postgres-connections", "1"]);
    post(&host, "query", &url, "SELECT pg_sleep(600)", json!([]))
        .await
        .problem(504);
    // The only connection is free again long before the statement would have ended.
    let replies = async {
        loop {
            let reply = post(&host, "query", &url, "SELECT 1", json!([])).await;
            if reply.status == 200 {
                return;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), replies)
        .await
        .unwrap();
}

#[tokio::test]
async fn many_requests_share_few_connections() {
    let Some(url) = database_url() else { return };
    let host = Application::new().start(&["--postgres-connections", "2"]);
    let name = format!("pool-{}", uuid::Uuid::now_v7());
    let address = format!(
        "{url}{}application_name={name}",
        if url.contains('?') { '&' } else { '?' }
    );
    let statement = "SELECT count(*)::int4, pg_sleep(0.02)::text FROM pg_stat_activity WHERE application_name = $1";
    let counts = join_all((0..40).map(|_| rows(&host, &address, statement, json!([{ "str": name }])))).await;
    let most = counts.iter().map(|rows| rows[0][0]["int32"].as_i64().unwrap()).max();
    assert_eq!(most, Some(2));
}

#[tokio::test]
async fn waiting_for_a_connection_has_an_end() {
    let Some(url) = database_url() else { return };
    let host = Application::new().start(&["--postgres-connections", "1", "--postgres-wait-ms", "100"]);
    let slow = post(&host, "query", &url, "SELECT pg_sleep(1)::text", json!([]));
    let both = tokio::join!(slow, post(&host, "query", &url, "SELECT pg_sleep(1)::text", json!([])));
    let mut statuses = [both.0.status.as_u16(), both.1.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 500]);
    let failed = if both.0.status == 500 { both.0 } else { both.1 };
    assert!(failed.json()["connection-failed"].as_str().unwrap().contains("busy"));
}

#[tokio::test]
async fn a_session_does_not_outlive_its_statement() {
    let Some(url) = database_url() else { return };
    let host = Application::new().start(&["--postgres-connections", "1"]);
    for statement in ["BEGIN", "SET work_mem = '123kB'", "CREATE TEMP TABLE left_over (a int)"] {
        assert_eq!(
            post(&host, "execute", &url, statement, json!([])).await.status,
            200,
            "{statement}"
        );
    }
    let left = "SELECT current_setting('work_mem') = '123kB', to_regclass('left_over') IS NULL";
    assert_eq!(
        rows(&host, &url, left, json!([])).await,
        json!([[{ "boolean": false }, { "boolean": true }]])
    );
    // Within one transaction the time stands still.
    let first = rows(&host, &url, "SELECT now()::text", json!([])).await;
    assert_ne!(rows(&host, &url, "SELECT now()::text", json!([])).await, first);
}

#[tokio::test]
async fn a_prepared_statement_that_is_outdated_is_prepared_anew() {
    let Some(url) = database_url() else { return };
    let host = Application::new().start(&["--postgres-connections", "1"]);
    let table = format!("t_{}", uuid::Uuid::now_v7().simple());
    post(
        &host,
        "execute",
        &url,
        &format!("CREATE TABLE {table} (a int)"),
        json!([]),
    )
    .await;
    post(
        &host,
        "execute",
        &url,
        &format!("INSERT INTO {table} VALUES (1)"),
        json!([]),
    )
    .await;
    let select = format!("SELECT * FROM {table}");
    assert_eq!(rows(&host, &url, &select, json!([])).await, json!([[{ "int32": 1 }]]));
    post(
        &host,
        "execute",
        &url,
        &format!("ALTER TABLE {table} ALTER a TYPE text"),
        json!([]),
    )
    .await;
    assert_eq!(rows(&host, &url, &select, json!([])).await, json!([[{ "str": "1" }]]));
    post(
        &host,
        "execute",
        &url,
        &format!("ALTER TABLE {table} ADD b int"),
        json!([]),
    )
    .await;
    assert_eq!(post(&host, "execute", &url, &select, json!([])).await.json(), 1);
    post(&host, "execute", &url, &format!("DROP TABLE {table}"), json!([])).await;
}

#[tokio::test]
async fn lost_connections_are_replaced() {
    let Some(url) = database_url() else { return };
    let proxy = Proxy::start(&url).await;
    let host = Application::new().start(&["--variable", &format!("database_host={}", proxy.address())]);
    let url = proxy.through(&url);
    let kept = format!("/guest/kept?{url}");
    let expected = json!({ "str": "kept rows" });
    let all = |count: usize| join_all((0..count).map(|_| host.get(&kept)));

    assert!(all(16).await.iter().all(|reply| reply.json() == expected));
    proxy.cut().await;
    assert!(
        all(16).await.iter().all(|reply| reply.json() == expected),
        "those that were idle are simply replaced"
    );

    proxy.close().await;
    for reply in all(4).await {
        assert!(reply.json()["connection-failed"].is_string(), "{}", reply.json());
    }
    proxy.open();
    assert!(
        all(16).await.iter().all(|reply| reply.json() == expected),
        "without a new start"
    );
}

#[tokio::test]
async fn a_statement_whose_connection_is_lost_fails() {
    let Some(url) = database_url() else { return };
    let proxy = Proxy::start(&url).await;
    let host = Application::new().start(&["--variable", &format!("database_host={}", proxy.address())]);
    let url = proxy.through(&url);
    let name = format!("lost-{}", uuid::Uuid::now_v7());
    let slow = format!("SELECT pg_sleep(5)::text, '{name}'");
    let running = async {
        let query = "SELECT count(*)::int4 FROM pg_stat_activity WHERE query LIKE $1 AND pid <> pg_backend_pid()";
        let pattern = json!([{ "str": format!("%{name}%") }]);
        while rows(&host, &url, query, pattern.clone()).await[0][0]["int32"] == 0 {}
        proxy.cut().await;
    };
    let (lost, ()) = tokio::join!(post(&host, "query", &url, &slow, json!([])), running);
    assert!(lost.json()["query-failed"].is_string(), "{}", lost.json());
    assert_eq!(
        rows(&host, &url, "SELECT 1", json!([])).await,
        json!([[{ "int32": 1 }]])
    );
}

#[tokio::test]
async fn tls_is_used_when_asked_for() {
    let Some(url) = database_url() else { return };
    let host = Application::new().start(&[]);
    let with = |mode: &str| format!("{url}{}sslmode={mode}", if url.contains('?') { '&' } else { '?' });
    assert_eq!(
        rows(&host, &with("disable"), "SELECT 1", json!([])).await,
        json!([[{ "int32": 1 }]])
    );
    // Whether the server speaks TLS is its own business.
    let offered = rows(&host, &url, "SELECT current_setting('ssl') = 'on'", json!([])).await;
    if offered == json!([[{ "boolean": true }]]) {
        let encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        assert_eq!(
            rows(&host, &with("require"), encrypted, json!([])).await,
            json!([[{ "boolean": true }]])
        );
    } else {
        let refused = error(&host, &with("require"), "SELECT 1", json!([])).await;
        assert!(
            refused["connection-failed"].as_str().unwrap().contains("TLS"),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn what_spins_host_does_is_imitated() {
    let Some(url) = database_url() else { return };
    let (ours, spins) = (
        Application::new().start(&[]),
        Application::new().start(&["--like-spin"]),
    );
    let big = "123456789012345678901234567890";
    let given = json!([{ "jsonb": big }]);
    let text = "SELECT $1::jsonb::text";
    assert_eq!(rows(&ours, &url, text, given.clone()).await, json!([[{ "str": big }]]));
    let lost = json!([[{ "str": "123456789012345680000000000000" }]]);
    assert_eq!(
        rows(&spins, &url, text, given).await,
        lost,
        "a parameter is read on its way"
    );
    let answered = format!("SELECT '{big}'::jsonb");
    assert_eq!(
        rows(&ours, &url, &answered, json!([])).await,
        json!([[{ "jsonb": big }]])
    );
    assert_ne!(
        rows(&spins, &url, &answered, json!([])).await,
        json!([[{ "jsonb": big }]])
    );
    let half = json!([{ "jsonb": "\"\\ud800\"" }]);
    assert_eq!(
        error(&ours, &url, text, half.clone()).await["db-error"]["code"],
        "22P02"
    );
    let failed = error(&spins, &url, text, half).await;
    assert!(failed["value-conversion-failed"].is_string(), "{failed}");

    let nothing = post(&spins, "query", &url, "SELECT 1 WHERE false", json!([]))
        .await
        .json();
    assert_eq!(nothing, json!({ "columns": [], "rows": [] }));
    for _ in 0..2 {
        let kept = "SELECT count(*)::int4 FROM pg_prepared_statements WHERE statement LIKE '%kept%'";
        assert_eq!(
            rows(&spins, &url, kept, json!([])).await,
            json!([[{ "int32": 1 }]]),
            "no statement but this one is prepared"
        );
    }
}

#[tokio::test]
async fn statements_without_names_leave_nothing_behind() {
    let Some(url) = database_url() else { return };
    let host = Application::new().start(&["--unnamed-statements", "--postgres-connections", "1"]);
    for number in 0..3 {
        let statement = "SELECT $1 + count(*)::int4, $2::text IS NULL FROM pg_prepared_statements";
        let answer = rows(&host, &url, statement, json!([{ "int32": number }, null])).await;
        assert_eq!(answer, json!([[{ "int32": number }, { "boolean": true }]]));
    }
    assert_eq!(
        error(&host, &url, "SELECT 1/0", json!([])).await["db-error"]["code"],
        "22012"
    );
    let late = "SELECT 1/(2000 - g) FROM generate_series(1, 3000) g";
    assert_eq!(error(&host, &url, late, json!([])).await["db-error"]["code"], "22012");
    let touched = post(&host, "execute", &url, "SELECT $1::text", json!([{ "str": "a" }])).await;
    assert_eq!(touched.json(), 1);
}

#[tokio::test]
async fn a_connection_to_a_server_that_only_reads_by_now_is_not_used_again() {
    let Some(url) = database_url() else { return };
    let host = Application::new().start(&["--postgres-connections", "2"]);
    let name = format!("reads_only_{}", uuid::Uuid::now_v7().simple());
    let there = {
        let mut there = url::Url::parse(&url).unwrap();
        there.set_path(&name);
        there.to_string()
    };
    let run = async |address: &str, statement: &str| post(&host, "execute", address, statement, json!([])).await;
    assert_eq!(run(&url, &format!("CREATE DATABASE {name}")).await.status, 200);
    // As after a failover: connections that stand only read, new ones reach a server that writes.
    run(
        &url,
        &format!("ALTER DATABASE {name} SET default_transaction_read_only = on"),
    )
    .await;
    let two = ["SELECT pg_sleep(0.1)", "SELECT pg_sleep(0.1)"].map(|statement| run(&there, statement));
    for reply in join_all(two).await {
        assert_eq!(reply.status, 200, "{:?}", reply.body);
    }
    run(
        &url,
        &format!("ALTER DATABASE {name} RESET default_transaction_read_only"),
    )
    .await;
    let refused = run(&there, "CREATE TABLE written ()").await;
    assert_eq!(refused.json()["db-error"]["code"], "25006");
    for table in ["first", "second"] {
        let written = run(&there, &format!("CREATE TABLE {table} ()")).await;
        assert_eq!(written.status, 200, "{:?}", written.body);
    }
    run(&url, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
}
