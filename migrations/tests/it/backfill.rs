//! Executions from before the rollups are added while writers go on.

use futures::future::join_all;
use runledger_migrations::{migrate_with, migrations};
use tokio_postgres::Client;

use crate::database::{Database, column};
use crate::rollups::{Dice, GRAPHS, expect_equal};

const PENDING: &str = "SELECT count(*)::text FROM runledger.rollup_backfill";

/// A database that had executions when the rollups came.
async fn adopted() -> (Database, Client) {
    let database = Database::create().await;
    let mut client = database.connect().await;
    migrate_with(&mut client, &migrations()[..5], |_| {}).await.unwrap();
    client.batch_execute(GRAPHS).await.unwrap();
    let old = r#"INSERT INTO "AgentGraphExecution" (id, "userId", "agentGraphId", "createdAt", "executionStatus", stats)
        SELECT 'run-' || n, 'user-' || n % 3, 'graph-' || n % 3 + 1, timestamp '2026-02-20' + n * interval '11 min',
            CASE n % 3 WHEN 0 THEN 'FAILED' WHEN 1 THEN 'COMPLETED' ELSE 'RUNNING' END::"AgentExecutionStatus",
            CASE WHEN n % 4 = 0 THEN '{"ok": true, "cost": 5, "walltime": 0.7, "correctness_score": 0.25}'::jsonb END
        FROM generate_series(0, 2999) AS n"#;
    client.batch_execute(old).await.unwrap();
    migrate_with(&mut client, migrations(), |_| {}).await.unwrap();
    assert_eq!(column(&client, PENDING).await, ["1"]);
    (database, client)
}

/// Adds batches until there are no more; gives their number.
async fn backfill(client: &Client, limit: i32) -> u32 {
    let mut batches = 0;
    loop {
        match client
            .query_one("SELECT runledger.backfill_rollups($1)", &[&limit])
            .await
        {
            Ok(row) if row.get::<_, Option<i64>>(0).is_none() => return batches,
            Ok(_) => batches += 1,
            // Writers were in the way for longer than it waits.
            Err(error) => assert_eq!(
                error.code().map(tokio_postgres::error::SqlState::code),
                Some("55P03"),
                "{error:?}"
            ),
        }
    }
}

#[tokio::test]
async fn an_empty_database_needs_no_backfill() {
    let (database, client) = Database::migrated().await;
    assert_eq!(column(&client, PENDING).await, ["0"]);
    assert_eq!(backfill(&client, 100).await, 0);
    database.drop().await;
}

#[tokio::test]
async fn a_backfill_goes_on_where_it_stopped() {
    let (database, client) = adopted().await;
    for _ in 0..3 {
        client
            .batch_execute("SELECT runledger.backfill_rollups(500)")
            .await
            .unwrap();
    }
    // A batch that comes to nothing is as if it had not been.
    client
        .batch_execute("BEGIN; SELECT runledger.backfill_rollups(500); ROLLBACK")
        .await
        .unwrap();
    let another = database.connect().await;
    assert_eq!(backfill(&another, 500).await, 3);
    expect_equal(&client, "the backfill").await;
    assert_eq!(column(&client, PENDING).await, ["0"]);
    database.drop().await;
}

#[tokio::test]
async fn a_backfill_is_exact_while_writers_go_on() {
    let (database, client) = adopted().await;
    let writers = (0..6u64).map(|seed| {
        let database = &database;
        async move {
            let writer = database.connect().await;
            let mut dice = Dice::new(seed + 7);
            for _ in 0..80 {
                let event = dice.event();
                if let Err(error) = writer.batch_execute(&event).await {
                    let code = error.code().map(|code| code.code().to_owned());
                    assert!(matches!(code.as_deref(), Some("40P01" | "23505")), "{event}: {error:?}");
                }
            }
        }
    });
    let filler = database.connect().await;
    tokio::join!(join_all(writers), async {
        backfill(&filler, 50).await;
    });
    expect_equal(&client, "a backfill among writers").await;
    database.drop().await;
}

#[tokio::test]
async fn a_transaction_with_one_snapshot_has_to_wait_for_the_backfill() {
    let (database, client) = adopted().await;
    let write = "BEGIN ISOLATION LEVEL REPEATABLE READ; DELETE FROM \"AgentGraphExecution\" WHERE id = 'run-1'; COMMIT";
    let error = client.batch_execute(write).await.unwrap_err();
    assert_eq!(error.code().map(tokio_postgres::error::SqlState::code), Some("40001"));
    client.batch_execute("ROLLBACK").await.unwrap();
    backfill(&client, 1000).await;
    client.batch_execute(write).await.unwrap();
    expect_equal(&client, "a delete").await;
    database.drop().await;
}
