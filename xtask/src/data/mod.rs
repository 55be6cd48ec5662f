//! Data to try things with: a world made of a seed, its life, and the check that what is derived fits what is stored.
//!
//! The rows are made inside the database, in statements about many rows, from hashes of the seed and a number. So the
//! same seed makes the same world, relative to the day on which it is made, and nothing travels but the statement.

mod backfill;
mod create;
mod verify;

use std::time::Duration;

use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};
use tokio_postgres::Client;

use crate::run::step;
use crate::setup::database;

pub(crate) use create::World;

const UPDATE: &str = include_str!("update.sql");

/// Makes a world in a migrated database.
pub(crate) fn create(url: &str, world: &World) -> Result<()> {
    database::runtime()?.block_on(async { create::create(&database::connect(url).await?, world).await })
}

/// Lets a database live for a while: one transaction.
pub(crate) fn update(url: &str, seed: u32) -> Result<()> {
    step("Updating");
    // What Postgres takes for a seed lies between -1 and 1.
    let script = UPDATE.replace("$seed$", &format!("{}", f64::from(seed % 1_000_003) / 1_000_003.0));
    database::runtime()?.block_on(async {
        let client = database::connect(url).await?;
        let begun = client
            .batch_execute("BEGIN; SET LOCAL client_min_messages = warning")
            .await;
        begun.context("begin")?;
        client.batch_execute(&script).await.context("update")?;
        client.batch_execute("COMMIT").await.context("commit")?;
        verify::print_counts(&client).await
    })
}

/// Compares what is derived with the rows.
pub(crate) fn verify(url: &str) -> Result<std::process::ExitCode> {
    database::runtime()?.block_on(async { verify::verify(&database::connect(url).await?).await })
}

/// Adds executions from before the rollups to them.
pub(crate) fn backfill(url: &str, batch: i32) -> Result<()> {
    database::runtime()?.block_on(async { backfill::backfill(&database::connect(url).await?, batch).await })
}

/// A bar for so many executions.
fn bar(length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    if let Ok(style) = ProgressStyle::with_template("    {bar:40} {human_pos} of {human_len} ({per_sec}, {eta} to go)")
    {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_secs(1));
    bar
}

/// The first column of every row.
async fn texts(client: &Client, sql: &str) -> Result<Vec<String>> {
    let rows = client.query(sql, &[]).await?;
    rows.iter().map(|row| row.try_get(0).context("read a text")).collect()
}
