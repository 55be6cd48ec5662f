//! A file without a transaction that does not come to its end.

use runledger_migrations::{Error, latest_version, migrate, migrate_with, migrations, status};
use tokio_postgres::Client;

use crate::database::{Database, column, until_building};

const INVALID: &str = "SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid";

#[tokio::test]
async fn an_index_whose_build_failed_is_built_anew() {
    let (database, mut client) = before_the_indexes().await;
    client
        .batch_execute(
            "INSERT INTO \"AgentGraph\" (id, \"userId\") VALUES ('graph', 'user');
             INSERT INTO \"AgentGraphExecution\" (id, \"agentGraphId\", \"userId\", \"executionStatus\", \"shareToken\")
             VALUES ('a', 'graph', 'user', 'QUEUED', 'token'), ('b', 'graph', 'user', 'QUEUED', 'token')",
        )
        .await
        .unwrap();

    let error = migrate(&mut client, |_| {}).await.unwrap_err();

    let message = error.to_string();
    assert!(
        matches!(&error, Error::Failed { name, .. } if name == "0004_indexes"),
        "{error:?}"
    );
    assert!(
        message.contains("AgentGraphExecution_shareToken_key") && message.contains("goes on from there"),
        "{message}"
    );
    assert_eq!(
        column(&client, INVALID).await,
        ["\"AgentGraphExecution_shareToken_key\""]
    );
    assert_eq!(status(&client).await.unwrap().pending[0], "0004_indexes");

    client
        .batch_execute("UPDATE \"AgentGraphExecution\" SET \"shareToken\" = NULL WHERE id = 'b'")
        .await
        .unwrap();
    assert_complete_after_another_run(&mut client).await;
    database.drop().await;
}

#[tokio::test]
async fn a_migrator_that_dies_in_the_middle_is_followed_by_one_that_finishes() {
    let (database, mut doomed) = before_the_indexes().await;
    let observer = database.connect().await;
    let writer = database.connect().await;
    writer
        .batch_execute("BEGIN; LOCK TABLE \"AgentNodeExecution\" IN ROW EXCLUSIVE MODE")
        .await
        .unwrap();
    let interrupted = tokio::spawn(async move { migrate(&mut doomed, |_| {}).await });
    until_building(&observer, "AgentNodeExecution").await;

    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND query LIKE 'CREATE INDEX CONCURRENTLY%'
                AND pid <> pg_backend_pid()";
    observer.batch_execute(kill).await.unwrap();
    interrupted.await.unwrap().unwrap_err();
    writer.batch_execute("ROLLBACK").await.unwrap();

    assert_eq!(column(&observer, INVALID).await.len(), 1);
    let mut client = database.connect().await;
    assert_complete_after_another_run(&mut client).await;
    database.drop().await;
}

async fn before_the_indexes() -> (Database, Client) {
    let database = Database::create().await;
    let mut client = database.connect().await;
    migrate_with(&mut client, &migrations()[..3], |_| {}).await.unwrap();
    (database, client)
}

async fn assert_complete_after_another_run(client: &mut Client) {
    assert_eq!(migrate(client, |_| {}).await.unwrap().applied[0], "0004_indexes");
    assert_eq!(column(client, INVALID).await, [""; 0]);
    assert_eq!(status(client).await.unwrap().version, latest_version());
}
