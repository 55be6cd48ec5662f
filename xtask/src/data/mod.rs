//! Data to try things with: a world made of a seed, its life, and the check that what is derived fits what is stored.
//!
//! The rows are made inside the database, in statements about many rows, from hashes of the seed and a number. So the
//! same seed makes the same world, relative to the day on which it is made, and nothing travels but the statement.

mod backfill;
mod create;
mod update;
mod verify;

use std::time::Duration;

use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};
use tokio_postgres::Client;

use crate::setup::database;

pub(crate) use create::World;
pub(crate) use update::While;

/// Makes a world in a migrated database.
pub(crate) fn create(url: &str, world: &World) -> Result<()> {
    database::runtime()?.block_on(async { create::create(&database::connect(url).await?, world).await })
}

/// Lets a database live for a while: one transaction.
pub(crate) fn update(url: &str, much: &While) -> Result<()> {
    database::runtime()?.block_on(async { update::update(&database::connect(url).await?, much).await })
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
