//! Changes are recorded whoever makes them, and numbered in the order in which they may be read.

use std::time::{Duration, Instant};

use tokio_postgres::Client;

use crate::database::{Database, column};

/// An execution with a node, and the platform's rows that these need.
const WORLD: &str = r#"
    INSERT INTO "AgentGraph" (id, version, "userId") VALUES ('g', 1, 'ann');
    INSERT INTO "AgentNode" (id, "agentBlockId", "agentGraphId")
    VALUES ('n', 'c0a8e994-ebf1-4a9c-a4d8-89d09c86741b', 'g');
    INSERT INTO "AgentGraphExecution" (id, "executionStatus", "agentGraphId", "userId")
    VALUES ('e', 'INCOMPLETE', 'g', 'ann');
    INSERT INTO "AgentNodeExecution" (id, "agentGraphExecutionId", "agentNodeId", "executionStatus")
    VALUES ('x', 'e', 'n', 'QUEUED')"#;

/// Who and what each event is of, with its number, in the order of numbers.
const EVENTS: &str = "SELECT concat_ws(' ', seq, user_id, coalesce(node_exec_id, graph_exec_id), status,
        CASE WHEN is_deleted THEN 'deleted' END)
    FROM runledger.events ORDER BY seq, id";

async fn world() -> (Database, Client) {
    let (database, client) = Database::migrated().await;
    client.batch_execute(WORLD).await.unwrap();
    (database, client)
}

#[tokio::test]
async fn a_writer_with_another_search_path_and_few_rights_is_recorded_too() {
    let (database, client) = world().await;
    let role = format!("writer_{}", std::process::id());
    // Each a transaction of its own.
    let statements = [
        &format!("CREATE ROLE {role}"),
        &format!(
            "GRANT ALL ON \"AgentGraphExecution\", \"AgentNodeExecution\", \"AgentNodeExecutionInputOutput\" TO {role}"
        ),
        &format!("SET ROLE {role}"),
        "SET search_path = pg_catalog",
        "UPDATE public.\"AgentGraphExecution\" SET \"executionStatus\" = 'RUNNING'",
        "UPDATE public.\"AgentNodeExecution\" SET \"executionStatus\" = 'RUNNING'",
        "INSERT INTO public.\"AgentNodeExecutionInputOutput\" (id, name, data, \"referencedByOutputExecId\")
         VALUES ('io', 'out', '1', 'x')",
        "RESET ROLE",
        "RESET search_path",
        "SELECT runledger.number_events()",
    ];
    for statement in statements {
        client.batch_execute(statement).await.unwrap();
    }
    assert_eq!(
        column(&client, EVENTS).await,
        [
            "1 ann e INCOMPLETE",
            "2 ann x QUEUED",
            "3 ann e RUNNING",
            "4 ann x RUNNING",
            "5 ann x RUNNING",
        ]
    );
    for statement in [
        &format!("SET ROLE {role}"),
        "SET search_path = pg_catalog",
        "DELETE FROM public.\"AgentGraphExecution\"",
        "RESET ROLE",
        "RESET search_path",
        "SELECT runledger.number_events()",
        &format!("DROP OWNED BY {role}"),
        &format!("DROP ROLE {role}"),
    ] {
        client.batch_execute(statement).await.unwrap();
    }
    // Of a run that is removed nothing stays but that it was.
    assert_eq!(
        column(&client, EVENTS).await,
        ["6 ann x RUNNING deleted", "7 ann e RUNNING deleted"]
    );
    database.drop().await;
}

/// Makes enough changes for the bound of searches to move.
const CHANGES: &str = r#"DO $$ BEGIN FOR i IN 1..1100 LOOP
    UPDATE "AgentGraphExecution" SET stats = jsonb_build_object('cost', i); END LOOP; END $$"#;
const NUMBER: &str = "SELECT runledger.number_events()";

/// Makes many changes and has them numbered, this many times.
async fn many(client: &Client, times: u32) {
    for _ in 0..times {
        client.batch_execute(CHANGES).await.unwrap();
        client.batch_execute(NUMBER).await.unwrap();
    }
}

#[tokio::test]
async fn what_the_newest_transaction_recorded_is_numbered_however_late_it_commits() {
    let (database, client) = world().await;
    let late = database.connect().await;
    let update = r#"UPDATE "AgentNodeExecution" SET "executionStatus" = 'RUNNING'"#;
    client.batch_execute(CHANGES).await.unwrap();
    // The bound is noted at once, before any transaction that began after this one has ended.
    late.batch_execute(&format!("BEGIN; {update}")).await.unwrap();
    client.batch_execute(NUMBER).await.unwrap();
    many(&client, 3).await;
    late.batch_execute("COMMIT").await.unwrap();
    client.batch_execute(NUMBER).await.unwrap();
    let unnumbered = "SELECT count(*)::text FROM runledger.events WHERE seq IS NULL";
    assert_eq!(column(&client, unnumbered).await, ["0"]);
    let of_node = "SELECT status FROM runledger.events WHERE node_exec_id = 'x' ORDER BY seq";
    assert_eq!(column(&client, of_node).await, ["QUEUED", "RUNNING"]);
    database.drop().await;
}

#[tokio::test]
async fn what_commits_late_is_numbered_late_even_behind_what_is_settled() {
    let (database, client) = world().await;
    let late = database.connect().await;
    let update = r#"UPDATE "AgentNodeExecution" SET "executionStatus" = 'RUNNING'"#;
    late.batch_execute(&format!("BEGIN; {update}")).await.unwrap();
    // Enough for the bound of searches to move, if the open transaction let it.
    many(&client, 4).await;
    let newest = "SELECT max(seq)::text FROM runledger.events";
    assert_eq!(column(&client, newest).await, ["4402"]);
    late.batch_execute("COMMIT").await.unwrap();
    client.batch_execute(NUMBER).await.unwrap();
    let last = "SELECT node_exec_id FROM runledger.events WHERE seq = 4403";
    assert_eq!(column(&client, last).await, ["x"]);

    // When all who were at work have ended, it moves on, and nothing is behind it. Other tests are at work on this server.
    let settled = "SELECT (settled_id > 4000)::text FROM runledger.event_state";
    let deadline = Instant::now() + Duration::from_mins(1);
    while column(&client, settled).await != ["true"] {
        assert!(Instant::now() < deadline, "the bound of searches does not move");
        many(&client, 1).await;
    }
    let unnumbered = "SELECT count(*)::text FROM runledger.events WHERE seq IS NULL";
    assert_eq!(column(&client, unnumbered).await, ["0"]);
    database.drop().await;
}
