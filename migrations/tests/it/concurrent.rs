//! Several programs that start at once.

use futures::future::join_all;
use runledger_migrations::{latest_version, migrate, migrations, status};

use crate::database::{Database, until_building};

#[tokio::test]
async fn of_many_starters_one_works_and_the_others_wait() {
    let database = Database::create().await;
    let starters = (0..8).map(async |_| {
        let mut client = database.connect().await;
        migrate(&mut client, |_| {}).await.unwrap()
    });

    let reports = join_all(starters).await;

    let (workers, waiters): (Vec<_>, Vec<_>) = reports.into_iter().partition(|report| report.already == 0);
    assert_eq!(workers.len(), 1);
    assert_eq!(workers[0].applied.len(), migrations().len());
    assert!(
        waiters
            .iter()
            .all(|report| report.applied.is_empty() && report.already == migrations().len())
    );
    database.drop().await;
}

#[tokio::test]
async fn a_starter_that_waits_says_so_once_and_goes_on() {
    let database = Database::create().await;
    let observer = database.connect().await;
    let mut first = database.connect().await;
    let table = database.connect().await;

    // The first one cannot finish before this transaction ends: it waits for the table, holding the lock.
    migrate_halfway(&mut first).await;
    table
        .batch_execute("BEGIN; LOCK TABLE \"AgentNode\" IN ROW EXCLUSIVE MODE")
        .await
        .unwrap();
    let worker = tokio::spawn(async move { migrate(&mut first, |_| {}).await.unwrap() });
    until_building(&observer, "AgentNode").await;

    let mut second = database.connect().await;
    let (said, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let waiter = tokio::spawn(async move {
        migrate(&mut second, |line| said.send(line.to_owned()).unwrap())
            .await
            .unwrap()
    });
    let line = heard.recv().await.unwrap();
    assert_eq!(line, "waiting for another migration of this database to finish");
    table.batch_execute("ROLLBACK").await.unwrap();

    assert_eq!(worker.await.unwrap().applied.len(), migrations().len() - 3);
    assert_eq!(waiter.await.unwrap().applied, [""; 0]);
    assert_eq!(heard.recv().await, None);
    assert_eq!(status(&observer).await.unwrap().version, latest_version());
    database.drop().await;
}

async fn migrate_halfway(client: &mut tokio_postgres::Client) {
    runledger_migrations::migrate_with(client, &migrations()[..3], |_| {})
        .await
        .unwrap();
}
