//! What the migrator does not do, and how it says so.

use runledger_migrations::{Error, Migration, migrate, migrate_with, migrations, status};

use crate::database::{Database, column, snapshot};

#[tokio::test]
async fn an_applied_file_that_was_edited_is_refused() {
    let (database, mut client) = Database::migrated().await;
    let mut edited = migrations().to_vec();
    edited[1] = Migration::new("0002_runledger_schema", "SELECT 'something else';");
    let before = snapshot(&client).await;

    let error = migrate_with(&mut client, &edited, |_| {}).await.unwrap_err();

    assert!(
        matches!(&error, Error::Changed { name } if name == "0002_runledger_schema"),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("migrations/0002_runledger_schema.sql"),
        "{error}"
    );
    assert_eq!(snapshot(&client).await, before);
    database.drop().await;
}

#[tokio::test]
async fn a_database_newer_than_the_program_is_refused() {
    let (database, mut client) = Database::migrated().await;
    let newer = [migrations(), &[Migration::new("0099_from_the_future", "SELECT 1;")]].concat();
    migrate_with(&mut client, &newer, |_| {}).await.unwrap();

    for error in [
        migrate(&mut client, |_| {}).await.unwrap_err(),
        status(&client).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::NewerDatabase { database: 99, .. }), "{error:?}");
        assert!(error.to_string().contains("deploy a newer Runledger"), "{error}");
    }
    database.drop().await;
}

#[tokio::test]
async fn a_file_that_slips_in_before_an_applied_one_is_refused() {
    let (database, mut client) = Database::migrated().await;
    client
        .batch_execute("DELETE FROM runledger.migrations WHERE version = 2")
        .await
        .unwrap();

    let error = migrate(&mut client, |_| {}).await.unwrap_err();

    assert!(
        matches!(&error, Error::Skipped { name } if name == "0002_runledger_schema"),
        "{error:?}"
    );
    database.drop().await;
}

#[tokio::test]
async fn a_search_path_that_leads_nowhere_is_refused_and_leaves_nothing() {
    let database = Database::create().await;
    let mut client = database.connect_to_schema("platform").await;

    let error = migrate(&mut client, |_| {}).await.unwrap_err();

    assert!(
        matches!(&error, Error::NoSchema { search_path } if search_path == "platform"),
        "{error:?}"
    );
    let schema = "SELECT nspname FROM pg_namespace WHERE nspname = 'runledger'";
    assert_eq!(column(&client, schema).await, [""; 0]);
    database.drop().await;
}

#[tokio::test]
async fn a_database_migrated_for_another_schema_is_refused() {
    let (database, client) = Database::migrated().await;
    client.batch_execute("CREATE SCHEMA elsewhere").await.unwrap();
    let mut client = database.connect_to_schema("elsewhere").await;

    let error = migrate(&mut client, |_| {}).await.unwrap_err();

    assert!(
        matches!(&error, Error::OtherSchema { search_path } if search_path == "elsewhere"),
        "{error:?}"
    );
    database.drop().await;
}

#[tokio::test]
async fn a_file_that_fails_leaves_nothing_and_can_be_repaired() {
    let (database, mut client) = Database::migrated().await;
    let with = |sql| [migrations(), &[Migration::new("0098_new", sql)]].concat();
    let before = snapshot(&client).await;

    let broken = with("CREATE TABLE runledger.half (id int); SELECT 1 / 0;");
    let error = migrate_with(&mut client, &broken, |_| {}).await.unwrap_err();

    let message = error.to_string();
    assert!(
        message.contains("migrations/0098_new.sql failed: ERROR: division by zero"),
        "{message}"
    );
    assert!(message.contains("left nothing behind"), "{message}");
    assert_eq!(snapshot(&client).await, before);
    let repaired = with("CREATE TABLE runledger.half (id int);");
    assert_eq!(
        migrate_with(&mut client, &repaired, |_| {}).await.unwrap().applied,
        ["0098_new"]
    );
    database.drop().await;
}
