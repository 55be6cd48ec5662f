//! `cargo xtask data`: data to try things with: a world made of a seed, its life, and the check that what is derived fits
//! what is stored.
//!
//! The rows are made inside the database, in statements about many rows, from hashes of the seed and a number. So the
//! same seed makes the same world, relative to the day on which it is made, and nothing travels but the statement.

mod backfill;
mod create;
mod update;
mod verify;

use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use tokio_postgres::Client;

use crate::setup::{database, environment};

#[derive(Debug, Args)]
pub(crate) struct Data {
    #[command(subcommand)]
    task: Task,
    /// The database; else SPIN_VARIABLE_DATABASE_URL or DATABASE_URL.
    #[arg(long, value_name = "URL", global = true)]
    database_url: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Makes a world: users, graphs, executions with nodes, inputs, outputs and scores, and a store.
    Create(create::World),
    /// Adds what happens in a while: executions, reviews, changed versions, credits; and refreshes the views.
    Update(update::While),
    /// Compares rollups and views with the rows, and balances with their transactions, and fails on any difference.
    Verify,
    /// Adds executions from before the rollups to them, in batches, while others write. Can be stopped and goes on.
    Backfill {
        /// Executions of a batch; writers wait for as long as one takes.
        #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(i32).range(1..))]
        batch: i32,
    },
}

impl Data {
    pub(crate) fn run(self) -> Result<bool> {
        let url = environment::chosen_database(self.database_url)?;
        database::runtime()?.block_on(async {
            let client = database::connect(&url).await?;
            match self.task {
                Task::Create(world) => create::create(&client, &world).await?,
                Task::Update(much) => update::update(&client, &much).await?,
                Task::Verify => return verify::verify(&client).await,
                Task::Backfill { batch } => backfill::backfill(&client, batch).await?,
            }
            Ok(true)
        })
    }
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
