//! A database that has nothing yet, and one that has everything.

use runledger_migrations::{Error, Migration, latest_version, migrate, migrations, status};

use crate::database::{Database, column, snapshot};

#[tokio::test]
async fn an_empty_database_gets_everything() {
    let database = Database::create().await;
    let mut client = database.connect().await;
    let names: Vec<&str> = migrations().iter().map(Migration::name).collect();

    let before = status(&client).await.unwrap();
    assert_eq!((before.version, before.latest), (0, latest_version()));
    assert_eq!(before.pending, names);

    let mut lines = Vec::new();
    let report = migrate(&mut client, |line| lines.push(line.to_owned())).await.unwrap();
    assert_eq!(report.applied, names);
    assert_eq!(report.already, 0);
    assert!(lines.contains(&"applying 0001_platform_tables".to_owned()), "{lines:?}");

    let after = status(&client).await.unwrap();
    assert_eq!((after.version, after.pending.len()), (latest_version(), 0));

    let tables = "SELECT format('%s.%s', schemaname, tablename) FROM pg_tables
                  WHERE schemaname IN ('public', 'runledger') ORDER BY 1";
    let expected = [
        "public.AgentBlock",
        "public.AgentGraph",
        "public.AgentGraphExecution",
        "public.AgentNode",
        "public.AgentNodeExecution",
        "public.AgentNodeExecutionInputOutput",
        "public.AgentNodeExecutionKeyValueData",
        "public.AgentNodeLink",
        "public.CreditTransaction",
        "public.StoreListing",
        "public.StoreListingReview",
        "public.StoreListingVersion",
        "public.User",
        "public.UserBalance",
        "runledger.accuracy_alerts",
        "runledger.block_registry",
        "runledger.credit_holds",
        "runledger.event_state",
        "runledger.events",
        "runledger.execution_rollups",
        "runledger.executions_at_work",
        "runledger.idempotency_keys",
        "runledger.jobs",
        "runledger.migration_steps",
        "runledger.migrations",
        "runledger.queue_entries",
        "runledger.request_metrics",
        "runledger.rollup_backfill",
        "runledger.scores",
        "runledger.scoring_items",
        "runledger.scoring_jobs",
        "runledger.share_ends",
    ];
    assert_eq!(column(&client, tables).await, expected);
    let unfinished = "SELECT conname FROM pg_constraint WHERE NOT convalidated
                      UNION ALL SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid";
    assert_eq!(column(&client, unfinished).await, [""; 0]);
    let blocks = "SELECT (b.name, r.block_type) FROM \"AgentBlock\" b
                  JOIN runledger.block_registry r ON r.block_id = b.id ORDER BY 1";
    assert_eq!(
        column(&client, blocks).await,
        ["(AgentInputBlock,INPUT)", "(AgentOutputBlock,OUTPUT)"]
    );
    database.drop().await;
}

/// For a role named `runledger`, whose `"$user"` comes first in `search_path`.
#[tokio::test]
async fn the_platforms_tables_do_not_go_to_our_own_schema() {
    let database = Database::create().await;
    for run in ["first", "second"] {
        let mut client = database.connect_to_schema("runledger,public").await;
        migrate(&mut client, |_| {}).await.unwrap();
        let table = r#"SELECT to_regclass('public."AgentGraphExecution"')::text"#;
        assert_eq!(column(&client, table).await, ["\"AgentGraphExecution\""], "{run}");
    }
    let mut client = database.connect_to_schema("runledger").await;
    let error = migrate(&mut client, |_| {}).await.unwrap_err();
    assert!(matches!(error, Error::NoSchema { .. }), "{error:?}");
    database.drop().await;
}

#[tokio::test]
async fn the_second_run_changes_nothing() {
    let (database, mut client) = Database::migrated().await;
    let before = snapshot(&client).await;

    let report = migrate(&mut client, |line| panic!("nothing was to be done, but: {line}"))
        .await
        .unwrap();

    assert_eq!((report.applied.len(), report.already), (0, migrations().len()));
    assert_eq!(snapshot(&client).await, before);
    database.drop().await;
}

#[tokio::test]
async fn what_is_up_to_date_can_be_checked_without_rights_to_change_it() {
    let (database, client) = Database::migrated().await;
    // Roles belong to the whole server, so this one is named after the database.
    let role = column(&client, "SELECT current_database() || '_reader'")
        .await
        .remove(0);
    client
        .batch_execute(&format!(
            "CREATE ROLE {role}; GRANT USAGE ON SCHEMA runledger TO {role};
             GRANT SELECT ON runledger.migrations TO {role}"
        ))
        .await
        .unwrap();

    let mut reader = database.connect_as(&role).await;
    assert_eq!(status(&reader).await.unwrap().version, latest_version());
    assert_eq!(migrate(&mut reader, |_| {}).await.unwrap().already, migrations().len());

    client
        .batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"))
        .await
        .unwrap();
    database.drop().await;
}
