//! An execution that becomes terminal without an end time gets one, whoever writes it.

use tokio_postgres::Client;

use crate::database::{Database, column};

const GIVEN: &str = "'2020-01-02 03:04:05.678'";

#[tokio::test]
async fn what_is_inserted_in_a_terminal_status_has_an_end_time() {
    let (database, client) = with_a_graph().await;
    for (status, given, end) in [
        ("INCOMPLETE", "NULL", "none"),
        ("QUEUED", "NULL", "none"),
        ("RUNNING", "NULL", "none"),
        ("REVIEW", "NULL", "none"),
        ("COMPLETED", "NULL", "now"),
        ("FAILED", "NULL", "now"),
        ("TERMINATED", "NULL", "now"),
        ("COMPLETED", GIVEN, "given"),
        ("RUNNING", GIVEN, "given"),
    ] {
        insert(&client, status, given).await;
        assert_eq!(ends(&client).await, [end, end], "inserted as {status} with {given}");
    }
    database.drop().await;
}

#[tokio::test]
async fn what_becomes_terminal_has_an_end_time() {
    let (database, client) = with_a_graph().await;
    for (from, to, given, end) in [
        ("RUNNING", "COMPLETED", "NULL", "now"),
        ("QUEUED", "FAILED", "NULL", "now"),
        ("INCOMPLETE", "TERMINATED", "NULL", "now"),
        ("RUNNING", "COMPLETED", GIVEN, "given"),
        ("QUEUED", "RUNNING", "NULL", "none"),
        // Leaving TERMINATED: the time that the writer clears stays cleared.
        ("TERMINATED", "QUEUED", "NULL", "none"),
    ] {
        insert(&client, from, "NULL").await;
        update(&client, &format!("status = '{to}', ended = {given}")).await;
        assert_eq!(ends(&client).await, [end, end], "{from} to {to} with {given}");
    }
    database.drop().await;
}

#[tokio::test]
async fn what_was_terminal_before_keeps_what_it_has() {
    let (database, client) = with_a_graph().await;
    let triggers = |state: &str| {
        ["AgentGraphExecution", "AgentNodeExecution"]
            .map(|table| format!("ALTER TABLE \"{table}\" {state} TRIGGER USER;"))
            .concat()
    };
    // As an adopted database has them: ended before anybody wrote down when.
    client.batch_execute(&triggers("DISABLE")).await.unwrap();
    insert(&client, "COMPLETED", "NULL").await;
    client.batch_execute(&triggers("ENABLE")).await.unwrap();

    update(&client, "stats = '{}'").await;
    assert_eq!(ends(&client).await, ["none", "none"]);
    update(&client, &format!("ended = {GIVEN}")).await;
    assert_eq!(ends(&client).await, ["given", "given"]);
    database.drop().await;
}

async fn with_a_graph() -> (Database, Client) {
    let (database, client) = Database::migrated().await;
    client
        .batch_execute(
            "INSERT INTO \"AgentGraph\" (id, \"userId\") VALUES ('graph', 'user');
             INSERT INTO \"AgentNode\" (id, \"agentBlockId\", \"agentGraphId\")
             VALUES ('node', 'c0a8e994-ebf1-4a9c-a4d8-89d09c86741b', 'graph')",
        )
        .await
        .unwrap();
    (database, client)
}

/// One graph execution with one node execution, alike, in place of those before.
async fn insert(client: &Client, status: &str, ended: &str) {
    client
        .batch_execute(&format!(
            "DELETE FROM \"AgentGraphExecution\";
             DELETE FROM \"AgentNodeExecution\";
             INSERT INTO \"AgentGraphExecution\" (id, \"agentGraphId\", \"userId\", \"executionStatus\", \"endedAt\")
             VALUES ('run', 'graph', 'user', '{status}', {ended});
             INSERT INTO \"AgentNodeExecution\" (id, \"agentGraphExecutionId\", \"agentNodeId\", \"executionStatus\",
                 \"endedTime\")
             VALUES ('step', 'run', 'node', '{status}', {ended})"
        ))
        .await
        .unwrap();
}

async fn update(client: &Client, changes: &str) {
    for (table, ended) in [("AgentGraphExecution", "endedAt"), ("AgentNodeExecution", "endedTime")] {
        let changes = changes
            .replace("status =", "\"executionStatus\" =")
            .replace("ended =", &format!("\"{ended}\" ="));
        client
            .batch_execute(&format!("UPDATE \"{table}\" SET {changes}"))
            .await
            .unwrap();
    }
}

/// For the graph execution and for the node execution: `none`, `given`, or `now` within a minute.
async fn ends(client: &Client) -> Vec<String> {
    let sql = format!(
        "SELECT CASE WHEN ended IS NULL THEN 'none' WHEN ended = {GIVEN} THEN 'given'
             WHEN abs(extract(epoch FROM ended - now() AT TIME ZONE 'UTC')) < 60 THEN 'now' ELSE ended::text END
         FROM (SELECT \"endedAt\" AS ended FROM \"AgentGraphExecution\"
               UNION ALL SELECT \"endedTime\" FROM \"AgentNodeExecution\") AS rows"
    );
    column(client, &sql).await
}
