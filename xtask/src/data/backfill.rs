//! Adding executions from before the rollups to them.

use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio_postgres::{Client, error::SqlState};

use super::bar;
use crate::interrupt;
use crate::run::step;

/// How many there are about, and how many are added.
const STATE: &str = "SELECT greatest(reltuples::bigint, counted), counted FROM runledger.rollup_backfill, pg_class
    WHERE oid = '\"AgentGraphExecution\"'::regclass";
const BATCH: &str = "SELECT runledger.backfill_rollups($1)";
/// How long writers have to themselves after each batch, and after one that had to wait for them too long.
const PAUSE: Duration = Duration::from_millis(20);
const LONGER_PAUSE: Duration = Duration::from_millis(200);

/// Adds batch after batch until nothing is left. What is done stays done.
pub(crate) async fn backfill(client: &Client, batch: i32) -> Result<()> {
    interrupt::listen()?;
    let Some(state) = client.query_opt(STATE, &[]).await? else {
        eprintln!("    nothing to add: the rollups are complete");
        return Ok(());
    };
    step("Adding executions to the rollups");
    let bar = bar(u64::try_from(state.try_get::<_, i64>(0)?).unwrap_or_default());
    bar.set_position(u64::try_from(state.try_get::<_, i64>(1)?).unwrap_or_default());
    loop {
        interrupt::check()?;
        match client.query_one(BATCH, &[&batch]).await {
            Ok(row) => match row.try_get::<_, Option<i64>>(0)? {
                Some(count) => bar.inc(u64::try_from(count).unwrap_or_default()),
                None => break,
            },
            Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
                tokio::time::sleep(LONGER_PAUSE).await;
            }
            Err(error) => return Err(error).context("add a batch"),
        }
        tokio::time::sleep(PAUSE).await;
    }
    bar.finish();
    eprintln!("    the rollups are complete");
    Ok(())
}
