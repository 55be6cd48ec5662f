//! A database that the platform has filled.

use runledger_migrations::{Error, migrate};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::database::{Database, column, snapshot};

/// Where the rows of each table lie, who wrote them and what is in the columns that the platform made.
const ROWS: &str = "
    SELECT format('SELECT (''%1$s'', ctid, xmin, %2$s) FROM %1$I ORDER BY ctid', table_name,
        string_agg(format('%I', column_name), ', ' ORDER BY ordinal_position))
    FROM information_schema.columns WHERE table_schema = 'platform' GROUP BY table_name ORDER BY table_name";
/// Everything with a definition, and the file of each table, which a rewrite would replace.
const SHAPE: &str = "
    SELECT (indexrelid::regclass, pg_get_indexdef(indexrelid), indexrelid::oid)::text
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relnamespace = 'platform'::regnamespace
    UNION ALL
    SELECT (conrelid::regclass, conname, pg_get_constraintdef(oid), oid)::text
    FROM pg_constraint WHERE connamespace = 'platform'::regnamespace
    UNION ALL
    SELECT (oid::regclass, relfilenode)::text
    FROM pg_class WHERE relnamespace = 'platform'::regnamespace AND relkind = 'r'
    UNION ALL
    SELECT (attrelid::regclass, attname, atttypid::regtype, attnotnull, pg_get_expr(adbin, adrelid))::text
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE relnamespace = 'platform'::regnamespace AND relkind = 'r' AND attnum > 0";

#[tokio::test]
async fn no_row_is_lost_or_rewritten_and_nothing_of_the_platforms_is_changed() {
    let (database, mut client) = platform().await;
    let queries = column(&client, ROWS).await;
    let (rows, shape) = (contents(&client, &queries).await, column(&client, SHAPE).await);

    migrate(&mut client, |_| {}).await.unwrap();

    let rows_after = contents(&client, &queries).await;
    let added: Vec<_> = rows_after.iter().filter(|row| !rows.contains(row)).collect();
    assert!(
        rows.iter().all(|row| rows_after.contains(row)),
        "{rows:#?}\n{rows_after:#?}"
    );
    assert!(
        matches!(added[..], [row] if row.contains("AgentOutputBlock")),
        "{added:#?}"
    );
    let shape_after = column(&client, SHAPE).await;
    let lost: Vec<_> = shape.iter().filter(|part| !shape_after.contains(part)).collect();
    assert!(lost.is_empty(), "{lost:#?}");
    database.drop().await;
}

#[tokio::test]
async fn what_is_missing_is_created_and_only_that() {
    let (database, mut client) = platform().await;
    let indexes = "SELECT indexname FROM pg_indexes WHERE schemaname = 'platform' ORDER BY 1";
    let (before, keys) = (column(&client, indexes).await, foreign_keys(&client).await);

    migrate(&mut client, |_| {}).await.unwrap();

    let mut new_indexes = column(&client, indexes).await;
    new_indexes.retain(|index| !before.contains(index));
    assert_eq!(
        new_indexes,
        [
            "AgentGraphExecution_parentGraphExecutionId_idx",
            "AgentGraphExecution_shareToken_key",
            "AgentNodeExecutionKeyValueData_pkey",
            "CreditTransaction_pkey",
            "CreditTransaction_userId_createdAt_idx",
            "StoreListingReview_pkey",
            "StoreListingReview_storeListingVersionId_reviewByUserId_key",
            "StoreListingVersion_pkey",
            "StoreListingVersion_storeListingId_version_key",
            "StoreListing_agentGraphId_key",
            "StoreListing_owningUserId_slug_key",
            "StoreListing_pkey",
            "UserBalance_pkey",
            "idx_mv_agent_run_counts",
            "idx_mv_review_stats",
            "runledger_executions",
            "runledger_executions_of_graph",
            "runledger_executions_of_user",
            "runledger_executions_of_user_and_graph",
            "runledger_nodes_of_execution",
        ]
    );
    let mut new_keys = foreign_keys(&client).await;
    new_keys.retain(|key| !keys.contains(key));
    assert_eq!(
        new_keys,
        [
            "AgentGraphExecution_parentGraphExecutionId_fkey",
            "StoreListingReview_storeListingVersionId_fkey",
            "StoreListingVersion_agentGraphId_agentGraphVersion_fkey",
            "StoreListingVersion_storeListingId_fkey",
            "StoreListing_agentGraphId_agentGraphVersion_fkey",
        ]
    );
    let columns = "SELECT concat_ws(' ', column_name, data_type, is_nullable, column_default)
        FROM information_schema.columns
        WHERE table_schema = 'platform' AND table_name = 'AgentGraphExecution' AND ordinal_position > 11";
    assert_eq!(
        column(&client, columns).await,
        [
            "endedAt timestamp without time zone YES",
            "inputs jsonb YES",
            "credentialInputs jsonb YES",
            "nodesInputMasks jsonb YES",
            "parentGraphExecutionId text YES",
            "isShared boolean NO false",
            "shareToken text YES",
            "sharedAt timestamp without time zone YES",
        ]
    );
    let public = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    assert_eq!(column(&client, public).await, [""; 0]);
    database.drop().await;
}

#[tokio::test]
async fn the_second_run_changes_nothing() {
    let (database, mut client) = platform().await;
    migrate(&mut client, |_| {}).await.unwrap();
    let before = snapshot(&client).await;

    assert_eq!(migrate(&mut client, |_| {}).await.unwrap().applied, [""; 0]);

    assert_eq!(snapshot(&client).await, before);
    database.drop().await;
}

#[tokio::test]
async fn what_was_added_works_beside_what_was_there() {
    let (database, mut client) = platform().await;
    migrate(&mut client, |_| {}).await.unwrap();
    let set = |status: &str| {
        format!("UPDATE \"AgentGraphExecution\" SET \"executionStatus\" = '{status}' WHERE id = 'running'")
    };

    client.batch_execute(&set("REVIEW")).await.unwrap();
    client.batch_execute(&set("FAILED")).await.unwrap();

    let ended = "SELECT (id, \"endedAt\" IS NOT NULL) FROM \"AgentGraphExecution\" ORDER BY id";
    assert_eq!(column(&client, ended).await, ["(done,f)", "(running,t)"]);
    database.drop().await;
}

#[tokio::test]
async fn a_platform_database_that_is_too_old_is_refused_and_left_as_it_was() {
    let (database, mut client) = platform().await;
    client
        .batch_execute("ALTER TABLE \"AgentGraphExecution\" ALTER stats TYPE text")
        .await
        .unwrap();
    let shape = column(&client, SHAPE).await;

    let error = migrate(&mut client, |_| {}).await.unwrap_err();

    assert!(matches!(error, Error::Failed { .. }), "{error:?}");
    let message = error.to_string();
    assert!(
        message.contains("\"AgentGraphExecution\".stats is text, not jsonb"),
        "{message}"
    );
    assert!(message.contains("platform's own migrations"), "{message}");
    assert_eq!(column(&client, SHAPE).await, shape);
    database.drop().await;
}

#[tokio::test]
async fn a_key_that_is_missing_is_kept_from_now_on_without_judging_old_rows() {
    let (database, mut client) = platform().await;
    client
        .batch_execute(
            "ALTER TABLE \"AgentNodeExecution\" DROP CONSTRAINT \"AgentNodeExecution_agentNodeId_fkey\";
             UPDATE \"AgentNodeExecution\" SET \"agentNodeId\" = 'forgotten' WHERE id = 'step'",
        )
        .await
        .unwrap();

    migrate(&mut client, |_| {}).await.unwrap();

    let insert =
        "INSERT INTO \"AgentNodeExecution\" (id, \"agentGraphExecutionId\", \"agentNodeId\", \"executionStatus\")
                  VALUES ('new', 'done', 'unknown', 'QUEUED')";
    let error = client.batch_execute(insert).await.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::FOREIGN_KEY_VIOLATION));
    assert_eq!(
        error.as_db_error().unwrap().constraint(),
        Some("AgentNodeExecution_agentNodeId_fkey")
    );
    database.drop().await;
}

#[tokio::test]
async fn blocks_have_the_type_that_is_known_of_their_id_or_said_by_their_name() {
    let (database, mut client) = platform().await;
    let add = |blocks: &str| {
        format!("INSERT INTO \"AgentBlock\" (id, name, \"inputSchema\", \"outputSchema\") VALUES {blocks}")
    };
    let before = "('b1', 'AgentColourInputBlock', '{}', '{}'), ('b2', 'GithubTriggerBlock', '{}', '{}'),
        ('96dae2bb-97a2-41c2-bd2f-13a3b5a8ea98', 'PushTriggerBlock', '{}', '{}')";
    client.batch_execute(&add(before)).await.unwrap();

    migrate(&mut client, |_| {}).await.unwrap();

    let later = "('b3', 'GenericWebhookBlock', '{}', '{}'), ('b4', 'InputBlock', '{}', '{}'),
        ('b5', 'AgentInputBlocks', '{}', '{}')";
    client.batch_execute(&add(later)).await.unwrap();
    let types = "SELECT (b.name, r.block_type) FROM \"AgentBlock\" b
        JOIN runledger.block_registry r ON r.block_id = b.id ORDER BY b.id";
    assert_eq!(
        column(&client, types).await,
        [
            "(AgentOutputBlock,OUTPUT)",
            "(PushTriggerBlock,INPUT)",
            "(AgentColourInputBlock,INPUT)",
            "(GithubTriggerBlock,WEBHOOK)",
            "(GenericWebhookBlock,WEBHOOK)",
            "(AgentInputBlock,INPUT)",
        ]
    );
    client
        .batch_execute("DELETE FROM \"AgentBlock\" WHERE id = 'b3'")
        .await
        .unwrap();
    let left = "SELECT block_id FROM runledger.block_registry WHERE source = 'name' ORDER BY 1";
    assert_eq!(column(&client, left).await, ["b1", "b2"]);
    database.drop().await;
}

/// A database that the platform has filled, in a schema of its own, and a session that has it in `search_path`.
pub(crate) async fn platform() -> (Database, Client) {
    let database = Database::create().await;
    let client = database.connect_to_schema("platform").await;
    client.batch_execute("CREATE SCHEMA platform").await.unwrap();
    client.batch_execute(include_str!("platform.sql")).await.unwrap();
    (database, client)
}

async fn contents(client: &Client, queries: &[String]) -> Vec<String> {
    let mut rows = Vec::new();
    for query in queries {
        rows.extend(column(client, query).await);
    }
    rows
}

async fn foreign_keys(client: &Client) -> Vec<String> {
    let sql = "SELECT conname FROM pg_constraint
               WHERE connamespace = 'platform'::regnamespace AND contype = 'f' ORDER BY 1";
    column(client, sql).await
}
