//! What replication brings counts as what is written here.

use tokio_postgres::Client;

use crate::database::{Database, column};
use crate::rollups::{Dice, GRAPHS, expect_equal};

const AS_REPLICATION: &str = "SET session_replication_role = replica";

/// Triggers of ours that do not fire under replication: each has a twin that does, or is of use to such a one only.
const WITH_A_TWIN: [&str; 7] = [
    "AgentGraphExecution runledger_note_counts_changed",
    "AgentGraphExecution runledger_roll_up_delete",
    "AgentGraphExecution runledger_roll_up_insert",
    "AgentGraphExecution runledger_roll_up_update",
    "AgentNodeExecutionInputOutput runledger_events_delete",
    "AgentNodeExecutionInputOutput runledger_events_insert",
    "AgentNodeExecutionInputOutput runledger_events_update",
];

#[tokio::test]
async fn every_trigger_fires_under_replication_or_has_a_twin_for_each_row() {
    let (database, client) = Database::migrated().await;
    let here_only = "SELECT relname || ' ' || tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE tgname LIKE 'runledger%' AND tgenabled = 'O' ORDER BY 1";
    assert_eq!(column(&client, here_only).await, WITH_A_TWIN);
    // A statement's trigger does not fire for a replicated change, but for TRUNCATE.
    let of_statements = "SELECT tgname FROM pg_trigger
        WHERE tgname LIKE 'runledger%' AND tgenabled <> 'O' AND tgtype & 1 = 0 AND tgtype & 32 = 0";
    assert_eq!(column(&client, of_statements).await, [""; 0]);
    database.drop().await;
}

#[tokio::test]
async fn rollups_follow_any_history_that_replication_brings() {
    let (database, client) = Database::migrated().await;
    client.batch_execute(GRAPHS).await.unwrap();
    let mut dice = Dice::new(7);
    for (step, role) in (0..150).zip(
        [AS_REPLICATION, AS_REPLICATION, "SET session_replication_role = origin"]
            .iter()
            .cycle(),
    ) {
        client.batch_execute(role).await.unwrap();
        let event = dice.event();
        client.batch_execute(&event).await.unwrap();
        if step % 10 == 0 {
            expect_equal(&client, &event).await;
        }
    }
    expect_equal(&client, "all of it").await;
    // What a restore does with all triggers of a table.
    let as_a_restore = r#"SET session_replication_role = origin; ALTER TABLE "AgentGraphExecution" DISABLE TRIGGER USER;
        ALTER TABLE "AgentGraphExecution" ENABLE TRIGGER USER"#;
    client.batch_execute(as_a_restore).await.unwrap();
    for _ in 0..50 {
        let event = dice.event();
        client.batch_execute(&event).await.unwrap();
        expect_equal(&client, &event).await;
    }
    database.drop().await;
}

/// The same history, by this role; what is left of it.
async fn history(role: &str) -> (Vec<String>, Vec<String>) {
    let (database, client) = Database::migrated().await;
    let events = "SELECT concat_ws(' ', user_id, coalesce(node_exec_id, graph_exec_id), status,
            CASE WHEN is_deleted THEN 'deleted' END)
        FROM runledger.events ORDER BY id";
    client.batch_execute(role).await.unwrap();
    for statement in [
        r#"INSERT INTO "AgentGraph" (id, version, "userId") VALUES ('g', 1, 'ann')"#,
        r#"INSERT INTO "AgentNode" (id, "agentBlockId", "agentGraphId")
           VALUES ('n', 'c0a8e994-ebf1-4a9c-a4d8-89d09c86741b', 'g')"#,
        r#"INSERT INTO "AgentGraphExecution" (id, "executionStatus", "agentGraphId", "userId")
           VALUES ('e', 'RUNNING', 'g', 'ann')"#,
        r#"INSERT INTO "AgentNodeExecution" (id, "agentGraphExecutionId", "agentNodeId", "executionStatus")
           VALUES ('x', 'e', 'n', 'RUNNING')"#,
        r#"INSERT INTO "AgentNodeExecutionInputOutput" (id, name, data, "referencedByOutputExecId")
           VALUES ('io', 'out', '1', 'x')"#,
        r#"UPDATE "AgentNodeExecutionInputOutput" SET data = '2'"#,
        r#"UPDATE "AgentNodeExecution" SET "executionStatus" = 'COMPLETED'"#,
        r#"UPDATE "AgentGraphExecution" SET "executionStatus" = 'FAILED'"#,
        r#"DELETE FROM "AgentNodeExecutionInputOutput""#,
    ] {
        client
            .batch_execute(statement)
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    }
    let left = column(&client, events).await;
    let ended = r#"SELECT "endedAt" IS NOT NULL FROM "AgentGraphExecution"
        UNION ALL SELECT "endedTime" IS NOT NULL FROM "AgentNodeExecution""#;
    let ended = column(&client, ended).await;
    database.drop().await;
    (left, ended)
}

#[tokio::test]
async fn events_and_ends_are_the_same_whoever_brings_the_rows() {
    let here = history("SELECT 1").await;
    assert_eq!(here.1, ["true", "true"]);
    assert_eq!(here.0.len(), 7, "{:?}", here.0);
    assert_eq!(history(AS_REPLICATION).await, here);
}

#[tokio::test]
async fn what_belongs_to_a_run_goes_with_it_although_nothing_cascades() {
    let (database, client) = Database::migrated().await;
    let world = r#"
        INSERT INTO "AgentGraph" (id, version, "userId") VALUES ('g', 1, 'ann');
        INSERT INTO "AgentNode" (id, "agentBlockId", "agentGraphId")
        VALUES ('n', 'c0a8e994-ebf1-4a9c-a4d8-89d09c86741b', 'g');
        INSERT INTO "AgentGraphExecution" (id, "executionStatus", "agentGraphId", "userId")
        VALUES ('e', 'COMPLETED', 'g', 'ann');
        INSERT INTO "AgentNodeExecution" (id, "agentGraphExecutionId", "agentNodeId", "executionStatus")
        VALUES ('x', 'e', 'n', 'QUEUED');
        INSERT INTO runledger.share_ends (execution_id, share_token) VALUES ('e', 't');
        INSERT INTO runledger.scores (graph_exec_id, job_id, score, summary, model, provider, prompt_hash, latency_ms, tries)
        VALUES ('e', 'j', 1, 's', 'm', 'p', 'h', 1, 1);
        INSERT INTO runledger.queue_entries (id, graph_exec_id, node_exec_id, execution_context)
        VALUES ('q', 'e', 'x', '{}');"#;
    client.batch_execute(world).await.unwrap();

    client.batch_execute(AS_REPLICATION).await.unwrap();
    // What a cascade at the publisher sends.
    client
        .batch_execute(r#"DELETE FROM "AgentGraphExecution""#)
        .await
        .unwrap();
    client
        .batch_execute(r#"DELETE FROM "AgentNodeExecution""#)
        .await
        .unwrap();

    assert_eq!(kept(&client).await, [""; 0]);
    expect_equal(&client, "the end").await;
    database.drop().await;
}

/// What our tables still say of runs that are gone.
async fn kept(client: &Client) -> Vec<String> {
    let sql = "SELECT 'share' FROM runledger.share_ends UNION ALL SELECT 'score' FROM runledger.scores
        UNION ALL SELECT 'queue' FROM runledger.queue_entries";
    column(client, sql).await
}
