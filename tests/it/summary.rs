//! The summary: exact for any range, whatever happened to the executions.

use runledger_models::{Json, stats::GraphExecutionStats};
use runledger_tests::{App, Graph};
use serde_json::{Value, json};

const STATUSES: [&str; 4] = ["COMPLETED", "FAILED", "TERMINATED", "RUNNING"];

/// Stores an execution past the API.
async fn store(app: &App, id: &str, graph: &Graph, created_at: &str, state: &str, numbers: &Value) {
    app.db
        .execute(
            r#"INSERT INTO "AgentGraphExecution" (id, "userId", "agentGraphId", "createdAt", "executionStatus", stats)
               VALUES ($1, $2, $3, $4::text::timestamp, $5::text::"AgentExecutionStatus", nullif($6::text::jsonb, 'null'))"#,
            &[&id, &graph.owner, &graph.id, &created_at, &state, &numbers.to_string()],
        )
        .await;
}

async fn summary(app: &App, user: &str, query: &str) -> Value {
    app.user(user)
        .get(&format!("/api/summary?{query}"))
        .expect(200)
        .await
        .json()
}

#[tokio::test]
async fn nothing_is_summed_up_as_nothing() {
    let app = App::start().await;
    let reply = summary(&app, "ann", "").await;
    assert_eq!(
        reply,
        json!({
            "total_credits_used": 0.0, "total_executions": 0, "successful_runs": 0, "failed_runs": 0,
            "terminated_runs": 0, "most_used_agent": "No agents used", "total_execution_time": 0.0,
            "average_execution_time": 0.0, "cost_breakdown": {}, "agents": [],
        })
    );
}

#[tokio::test]
async fn executions_of_the_last_30_days_are_summed_up() {
    let app = App::start().await;
    let weather = app.graph("weather", "ann").await;
    let news = app.graph("news", "ann").await;
    for (graph, status, stats) in [
        (&weather, "COMPLETED", json!({ "cost": 10, "duration": 1.5 })),
        (&weather, "FAILED", json!({ "cost": 20, "duration": 2.5 })),
        (&news, "TERMINATED", json!({ "cost": 5, "duration": 2.0 })),
    ] {
        let id = app.create(graph).await;
        app.drive(&id, status).await;
        app.service
            .patch(&format!("/api/executions/{id}"))
            .json(&json!({ "stats": stats }))
            .expect(200)
            .await;
    }
    app.create(&news).await;
    let hidden = app.create_in(&news, "FAILED").await;
    app.user("ann")
        .delete(&format!("/api/executions/{hidden}"))
        .expect(204)
        .await;
    app.create(&app.graph("other", "bob").await).await;
    store(
        &app,
        "old",
        &weather,
        "2020-01-01",
        "COMPLETED",
        &json!({ "cost": 1000 }),
    )
    .await;

    let reply = summary(&app, "ann", "").await;
    assert_eq!(reply["total_executions"], 4);
    assert_eq!(
        (
            &reply["successful_runs"],
            &reply["failed_runs"],
            &reply["terminated_runs"]
        ),
        (&json!(1), &json!(2), &json!(1))
    );
    assert_eq!(reply["total_credits_used"], 0.35);
    assert_eq!(
        (&reply["total_execution_time"], &reply["average_execution_time"]),
        (&json!(6.0), &json!(2.0))
    );
    assert_eq!(
        reply["cost_breakdown"],
        json!({ "The graph weather": 0.3, "The graph news": 0.05 })
    );
    // Two each: the one that ran last.
    assert_eq!(reply["most_used_agent"], "The graph news");
    assert_eq!(
        reply["agents"],
        json!([
            { "graph_id": "news", "name": "The graph news", "executions": 2, "cost": 0.05 },
            { "graph_id": "weather", "name": "The graph weather", "executions": 2, "cost": 0.3 },
        ])
    );

    app.user("ann")
        .post(&format!("/api/executions/{hidden}/restore"))
        .expect(200)
        .await;
    assert_eq!(summary(&app, "ann", "").await["total_executions"], 5);
    app.user("ann")
        .delete(&format!("/api/executions/{hidden}?hard=true"))
        .expect(204)
        .await;
    assert_eq!(summary(&app, "ann", "").await["total_executions"], 4);
}

#[tokio::test]
async fn both_ends_of_the_range_are_part_of_it_to_the_millisecond() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    for (id, time) in [
        ("a", "10:00:00.000"),
        ("b", "10:00:00.001"),
        ("c", "10:00:59.999"),
        ("d", "10:01:00.000"),
    ] {
        store(
            &app,
            id,
            &graph,
            &format!("2026-01-05 {time}"),
            "COMPLETED",
            &Value::Null,
        )
        .await;
    }
    for (from, to, count) in [
        ("10:00:00.000", "10:00:00.000", 1),
        ("10:00:00.000", "10:01:00.000", 4),
        ("10:00:00.001", "10:00:59.999", 2),
        ("10:00:00.002", "10:00:59.998", 0),
        ("10:00:59.999", "10:01:00.000", 2),
        ("00:00:00.000", "23:59:59.999", 4),
        ("10:01:00.001", "23:00:00.000", 0),
    ] {
        let query = format!("start_time=2026-01-05T{from}Z&end_time=2026-01-05T{to}Z");
        assert_eq!(summary(&app, "ann", &query).await["total_executions"], count, "{query}");
    }
}

#[tokio::test]
async fn a_range_is_checked() {
    let app = App::start().await;
    let user = app.user("ann");
    for (query, pointer) in [
        (
            "start_time=2026-01-02T00:00:00Z&end_time=2026-01-01T00:00:00Z",
            "/query/start_time",
        ),
        ("start_time=yesterday", "/query/start_time"),
        ("end=2026-01-01T00:00:00Z", "/query/end"),
    ] {
        let problem = user.get(&format!("/api/summary?{query}")).expect(422).await.problem();
        assert_eq!(problem.document["errors"][0]["pointer"], pointer, "{query}");
    }
    // One end alone: the range ends now, or is thirty days long.
    for query in ["start_time=2026-01-01T00:00:00Z", "end_time=2026-01-01T00:00:00Z"] {
        user.get(&format!("/api/summary?{query}")).expect(200).await;
    }
}

#[tokio::test]
async fn any_range_is_exact() {
    let app = App::start().await;
    let graphs = [app.graph("one", "ann").await, app.graph("two", "ann").await];
    // Odd steps, so that every minute, hour and day of 40 days has some in strange places.
    let mut executions = Vec::new();
    for number in 0..600_i64 {
        let at = 1_770_000_000_000 + number * number * 9_601_i64;
        let (graph, status) = (&graphs[usize::from(number % 3 == 0)], STATUSES[(number % 4) as usize]);
        let cost = number % 7;
        executions.push((at, status, cost));
        app.db
            .execute(
                r#"INSERT INTO "AgentGraphExecution" (id, "userId", "agentGraphId", "createdAt", "executionStatus", stats)
                   VALUES ($1, 'ann', $2, to_timestamp($3::text::numeric / 1000) AT TIME ZONE 'UTC',
                       $4::text::"AgentExecutionStatus", jsonb_build_object('cost', $5::bigint, 'walltime', 0.1))"#,
                &[&format!("run-{number}"), &graph.id, &at.to_string(), &status, &cost],
            )
            .await;
    }
    let (first, last) = (executions[0].0, executions[599].0);
    let mut seed = 88_172_645_463_325_252_u64;
    for _ in 0..60 {
        let mut ends = [0, 0].map(|_: i32| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            // Half of the ends are the very time of an execution.
            let place = (seed >> 8) as usize % 600;
            if seed.is_multiple_of(2) {
                executions[place].0
            } else {
                first + (seed >> 8).cast_signed() % (last - first)
            }
        });
        ends.sort_unstable();
        let [from, to] = ends;
        let inside: Vec<_> = executions.iter().filter(|(at, ..)| (from..=to).contains(at)).collect();
        let count = |wanted: &str| inside.iter().filter(|(_, status, _)| *status == wanted).count();
        let shown = |millis: i64| runledger_models::Timestamp::from_millis(millis).unwrap().to_string();
        let query = format!("start_time={}&end_time={}", shown(from), shown(to));
        let reply = summary(&app, "ann", &query).await;
        assert_eq!(reply["total_executions"], inside.len(), "{query}");
        assert_eq!(reply["successful_runs"], count("COMPLETED"), "{query}");
        assert_eq!(reply["failed_runs"], count("FAILED") + count("TERMINATED"), "{query}");
        let cents: i64 = inside.iter().map(|(.., cost)| cost).sum();
        assert_eq!(reply["total_credits_used"], cents as f64 / 100.0, "{query}");
        // Tenths of seconds, added up without an error of rounding.
        assert_eq!(reply["total_execution_time"], inside.len() as f64 / 10.0, "{query}");
        // An operator who acts for nobody sums up everybody.
        let all = app.admin.get(&format!("/api/summary?{query}")).expect(200).await.json();
        assert_eq!(all, reply, "{query}");
    }
}

#[tokio::test]
async fn graphs_without_a_name_and_of_one_name_are_told() {
    let app = App::start().await;
    for id in ["0123456789", "twin-1", "twin-2"] {
        let graph = app.graph(id, "ann").await;
        store(&app, id, &graph, "2026-01-05", "COMPLETED", &json!({ "cost": 7 })).await;
    }
    app.graph_version("twin-2", 2, "ann").await;
    app.db
        .execute(r#"UPDATE "AgentGraph" SET name = NULL WHERE id = '0123456789'"#, &[])
        .await;
    app.db
        .execute(r#"UPDATE "AgentGraph" SET name = 'Twin' WHERE id = 'twin-1'"#, &[])
        .await;
    // The newest version names the graph.
    app.db
        .execute(
            r#"UPDATE "AgentGraph" SET name = 'Twin' WHERE id = 'twin-2' AND version = 2"#,
            &[],
        )
        .await;
    let reply = summary(
        &app,
        "ann",
        "start_time=2026-01-01T00:00:00Z&end_time=2026-02-01T00:00:00Z",
    )
    .await;
    assert_eq!(reply["cost_breakdown"], json!({ "Agent 01234567": 0.07, "Twin": 0.14 }));
    assert_eq!(reply["agents"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn executions_from_before_the_rollups_count_while_they_are_added() {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    for (id, time) in [
        ("a", "2026-01-05 10:00"),
        ("b", "2026-01-06 11:30"),
        ("c", "2026-01-08"),
    ] {
        store(&app, id, &graph, time, "COMPLETED", &json!({ "cost": 7 })).await;
    }
    let query = "start_time=2026-01-05T10:00:00Z&end_time=2026-01-07T23:00:00Z";
    let before = summary(&app, "ann", query).await;
    assert_eq!(before["total_executions"], 2);
    // As it is where rows came before their rollups.
    app.db.execute("DELETE FROM runledger.execution_rollups", &[]).await;
    app.db
        .execute("INSERT INTO runledger.rollup_backfill (counted_to) VALUES ('')", &[])
        .await;
    assert_eq!(summary(&app, "ann", query).await, before);
    app.db.execute("SELECT runledger.backfill_rollups(2)", &[]).await;
    assert_eq!(summary(&app, "ann", query).await, before);
    for _ in 0..2 {
        app.db.execute("SELECT runledger.backfill_rollups(2)", &[]).await;
    }
    assert_eq!(
        app.db
            .number("SELECT count(*) FROM runledger.rollup_backfill", &[])
            .await,
        0
    );
    assert_eq!(summary(&app, "ann", query).await, before);
}

#[tokio::test]
async fn the_database_reads_stats_as_the_api_does() {
    let app = App::start().await;
    let texts = [
        "null",
        "7",
        "[1]",
        "\"x\"",
        "{}",
        "{\"other\": 1}",
        "{\"cost\": 7}",
        "{\"cost\": 3.0}",
        "{\"cost\": 3.5}",
        "{\"cost\": null}",
        "{\"cost\": \"3\"}",
        "{\"cost\": -4}",
        "{\"cost\": 1e3}",
        "{\"cost\": 1e-400}",
        "{\"cost\": 9223372036854775807}",
        "{\"cost\": 9223372036854775808}",
        "{\"cost\": -9223372036854775808}",
        "{\"cost\": 18446744073709551615}",
        "{\"cost\": 1e30}",
        "{\"cost\": 123456789.0}",
        "{\"cost\": 9000000000000000.0}",
        "{\"cost\": true}",
        "{\"node_count\": 2.0}",
        "{\"node_count\": 1.5}",
        "{\"node_error_count\": {}}",
        "{\"walltime\": 1.5}",
        "{\"walltime\": null}",
        "{\"walltime\": \"1\"}",
        "{\"walltime\": 1e308}",
        "{\"walltime\": 1e309}",
        "{\"walltime\": -2}",
        "{\"walltime\": 12345678901234567890}",
        "{\"cputime\": 1e400}",
        "{\"nodes_walltime\": []}",
        "{\"nodes_cputime\": 0}",
        "{\"error\": null}",
        "{\"error\": \"e\"}",
        "{\"error\": 5}",
        "{\"activity_status\": \"a\"}",
        "{\"activity_status\": false}",
        "{\"correctness_score\": null}",
        "{\"correctness_score\": 0.9}",
        "{\"correctness_score\": 7}",
        "{\"correctness_score\": \"1\"}",
        "{\"correctness_score\": 1e999}",
        "{\"other\": 1e999, \"cost\": 1}",
        "{\"cost\": 1, \"walltime\": 2, \"error\": [\"x\"]}",
    ];
    for text in texts {
        let row = app
            .db
            .row(
                "SELECT $1::text::jsonb::text AS stored, r.readable, r.cost::text, r.duration::float8, r.score::float8
                 FROM runledger.read_stats($1::text::jsonb) AS r",
                &[&text],
            )
            .await;
        // As it comes out of the database.
        let stored: Json = serde_json::from_str(row["stored"].as_str().unwrap()).unwrap();
        let read = GraphExecutionStats::from_stored(&stored);
        assert_eq!(row["readable"] == 1, read.is_some(), "{text}");
        let Some(stats) = read else { continue };
        assert_eq!(row["cost"], stats.cost.to_string(), "{text}");
        assert_eq!(row["duration"], stats.duration, "{text}");
        assert_eq!(row["score"].as_f64(), stats.correctness_score, "{text}");
    }
}
