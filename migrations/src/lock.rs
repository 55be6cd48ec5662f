//! One migrator at a time in a database.

use std::time::Duration;

use tokio_postgres::Client;

use crate::error::Error;

/// The key of the session lock: "runledger", read as a number in base 36.
const KEY: i64 = 78_572_252_350_035;

/// How often a waiting migrator asks again.
const POLL: Duration = Duration::from_millis(100);

/// Takes the lock, waiting for whoever has it. A crash frees it, with the session.
///
/// The wait is a poll and not `pg_advisory_lock`: a session that waits inside a statement holds a snapshot, and
/// `CREATE INDEX CONCURRENTLY` waits for every older snapshot, so that the worker would wait for those who wait for it.
pub(crate) async fn acquire(client: &Client, progress: &mut impl FnMut(&str)) -> Result<(), Error> {
    let mut told = false;
    loop {
        if client
            .query_one("SELECT pg_try_advisory_lock($1)", &[&KEY])
            .await?
            .try_get(0)?
        {
            return Ok(());
        }
        if !told {
            progress("waiting for another migration of this database to finish");
            told = true;
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Gives the lock back.
pub(crate) async fn release(client: &Client) -> Result<(), Error> {
    client.execute("SELECT pg_advisory_unlock($1)", &[&KEY]).await?;
    Ok(())
}
