//! What should end, ends: every kept table shrinks once its time has come, whoever reads it or not.

use std::collections::BTreeSet;

use runledger_store::jobs::{Kept, RETENTION};
use runledger_tests::App;
use serde_json::{Value, json};

async fn prune(app: &App) -> Value {
    let reply = app
        .service
        .post("/api/internal/jobs/prune/run")
        .expect(200)
        .await
        .json();
    assert_eq!(reply["outcome"]["done"], true, "{reply}");
    reply["outcome"].clone()
}

/// Two rows for each table that is pruned, one of them past its time: with `$1` the age of either in days.
fn row(table: &str) -> &'static str {
    match table {
        "idempotency_keys" => {
            "INSERT INTO runledger.idempotency_keys (caller, key, fingerprint, outcome, created_at)
             SELECT 'service:x', $1::text, '', '{}', now() - $1::text::float8 * interval '1 day'"
        }
        // Nobody has numbered them.
        "events" => {
            "INSERT INTO runledger.events (recorded_at, user_id, graph_id, graph_version, graph_exec_id, status, is_deleted,
                 created_at)
             SELECT now() - $1::text::float8 * interval '1 day', 'ann', 'g', 1, 'e', 'QUEUED', false, now()"
        }
        "queue_entries" => {
            r#"WITH run AS (
                 INSERT INTO "AgentGraphExecution" (id, "userId", "agentGraphId", "executionStatus", "endedAt")
                 SELECT 'run-' || $1::text, 'ann', 'weather', 'COMPLETED',
                     now() AT TIME ZONE 'UTC' - $1::text::float8 * interval '1 day'
                 RETURNING id),
             node AS (
                 INSERT INTO "AgentNodeExecution" (id, "agentGraphExecutionId", "agentNodeId", "executionStatus")
                 SELECT 'node-' || id, id, (SELECT min(id) FROM "AgentNode"), 'QUEUED' FROM run
                 RETURNING id, "agentGraphExecutionId" AS run)
             INSERT INTO runledger.queue_entries (id, graph_exec_id, node_exec_id, execution_context, added_at)
             SELECT id, run, id, '{}', now() - $1::text::float8 * interval '1 day' FROM node"#
        }
        "credit_holds" => {
            "INSERT INTO runledger.credit_holds (id, user_id, amount, expires_at, ended_at)
             SELECT $1::text, 'ann', 1, now(), now() - $1::text::float8 * interval '1 day'"
        }
        "scoring_jobs" => {
            "INSERT INTO runledger.scoring_jobs (id, status, graph_id, model, provider, batch_size, skip_existing,
                 system_prompt, user_prompt, prompt_hash, created_by, finished_at, total)
             SELECT 'job-' || $1::text, 'completed', 'g', 'm', 'p', 1, true, '', '', '', 'x',
                 now() - $1::text::float8 * interval '1 day', 1"
        }
        // Of the jobs; they come first.
        "scoring_items" => {
            "INSERT INTO runledger.scoring_items (job_id, place, graph_exec_id, outcome)
             SELECT 'job-' || $1::text, 1, 'e', 'failed'"
        }
        "accuracy_alerts" => {
            "INSERT INTO runledger.accuracy_alerts (graph_id, user_id, drop_percent, three_day_avg, seven_day_avg,
                 recovered_at)
             SELECT 'g', 'ann', 50, 40, 80, now() - $1::text::float8 * interval '1 day'"
        }
        "request_metrics" => {
            "INSERT INTO runledger.request_metrics (route, method, status, requests, seconds, database_round_trips,
                 redis_round_trips, buckets, counted_at)
             SELECT '/old/' || $1::text, 'GET', 200, 1, 1, 1, 1, '{1}', now() - $1::text::float8 * interval '1 day'"
        }
        // One that runs, and one that its triggers did not see end.
        "executions_at_work" => {
            r#"WITH run AS (
                 INSERT INTO "AgentGraphExecution" (id, "userId", "agentGraphId", "executionStatus")
                 SELECT 'runs', 'ann', 'weather', 'RUNNING' WHERE $1::text::float8 < 0)
             INSERT INTO runledger.executions_at_work (id) SELECT 'ended' WHERE $1::text::float8 > 0"#
        }
        table => panic!("{table} is pruned: say here how a row of it comes to be, and see it go"),
    }
}

#[tokio::test]
async fn every_table_says_how_long_it_keeps_its_rows() {
    let app = App::start().await;
    let sql = "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'runledger'";
    let tables = app.db.rows(sql, &[]).await;
    let tables: BTreeSet<_> = tables.iter().map(|table| table["name"].as_str().unwrap()).collect();
    let listed: BTreeSet<_> = RETENTION.iter().map(|retention| retention.table).collect();
    assert_eq!(
        tables, listed,
        "shared/store/src/jobs/retention.rs lists every table once"
    );
    assert_eq!(listed.len(), RETENTION.len());
}

#[tokio::test]
async fn every_pruned_table_shrinks_when_its_time_has_come() {
    let app = App::builder().redis(None).start().await;
    app.graph("weather", "ann").await;
    let pruned: Vec<_> = RETENTION
        .iter()
        .filter_map(|retention| match retention.kept {
            Kept::Days { days, .. } => Some((retention.table, f64::from(days))),
            Kept::AsLongAs(_) => None,
        })
        .collect();
    // The old before the young, a job before its items, and events before those of the runs that are made here.
    let is_events = |(table, _): &&(&str, f64)| *table == "events";
    let others = pruned.iter().rev().filter(|each| !is_events(each));
    for (table, days) in pruned.iter().filter(is_events).chain(others) {
        for age in [days + 0.5, days - 0.5] {
            app.db.execute(row(table), &[&age.to_string()]).await;
        }
    }
    let count = async |table: &str| {
        app.db
            .number(&format!("SELECT count(*) FROM runledger.{table}"), &[])
            .await
    };
    let mut before = Vec::new();
    for (table, _) in &pruned {
        before.push(count(table).await);
    }
    let outcome = prune(&app).await;
    for ((table, _), before) in pruned.iter().zip(before) {
        assert_eq!(outcome[table], 1, "{table}: {outcome}");
        // The request that pruned is counted meanwhile.
        if *table != "request_metrics" {
            assert_eq!(count(table).await, before - 1, "{table}");
        }
    }
}

#[tokio::test]
async fn an_outbox_that_nobody_reads_is_pruned_whole() {
    let app = App::builder().redis(None).start().await;
    // More than are numbered in a step, and more than are removed in one.
    let sql = "INSERT INTO runledger.events (recorded_at, user_id, graph_id, graph_version, graph_exec_id, status,
            is_deleted, created_at)
        SELECT now() - interval '8 days', 'ann', 'g', 1, 'e', 'QUEUED', false, now() FROM generate_series(1, 25000)";
    app.db.execute(sql, &[]).await;
    let outcome = prune(&app).await;
    assert_eq!(outcome["events"], 25_000, "{outcome}");
    assert_eq!(app.db.number("SELECT count(*) FROM runledger.events", &[]).await, 0);
}

#[tokio::test]
async fn holds_that_have_run_out_are_ended_and_cost_a_spend_nothing() {
    let app = App::start().await;
    let give = json!({ "user_id": "ann", "amount": 1000, "metadata": {} });
    app.admin.post("/api/credits/grants").json(&give).expect(200).await;
    let sql = "INSERT INTO runledger.credit_holds (id, user_id, amount, expires_at)
        SELECT 'out-' || n, 'ann', 1, now() - interval '2 hours' FROM generate_series(1, 20000) AS n";
    app.db.execute(sql, &[]).await;
    app.db.execute("ANALYZE runledger.credit_holds", &[]).await;
    // The sum that a spend makes: none of what has run out is so much as looked at.
    let sql = "EXPLAIN (ANALYZE, TIMING off, FORMAT json) SELECT held FROM runledger.account('ann', NULL)";
    let plan = app.db.plan(sql).await.to_string();
    let none = r#""Rows Removed by Filter":0"#;
    assert!(
        plan.contains("credit_holds_open") && !plan.replace(none, "").contains("Rows Removed by Filter"),
        "{plan}"
    );

    let spend = json!({ "user_id": "ann", "cost": 400, "metadata": {} });
    let balance = app
        .service
        .post("/api/credits/spend")
        .json(&spend)
        .expect(200)
        .await
        .json();
    assert_eq!(balance["balance"], 600);
    assert_eq!(prune(&app).await["holds_ended"], 20_000);
    let open = "SELECT count(*) FROM runledger.credit_holds WHERE ended_at IS NULL";
    assert_eq!(app.db.number(open, &[]).await, 0);
    // Ended by itself, not captured.
    app.service
        .post("/api/credits/holds/out-1/capture")
        .json(&json!({ "amount": 1 }))
        .expect(409)
        .await;
    app.service.post("/api/credits/holds/out-1/release").expect(204).await;
}
