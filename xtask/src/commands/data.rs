//! `cargo xtask data`: fills a database, lets it live, checks it, and adds old executions to the rollups.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};

use crate::data;
use crate::setup::environment;

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
    Create(data::World),
    /// Adds what happens in a while: executions, reviews, changed versions, credits; and refreshes the views.
    Update(data::While),
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
    pub(crate) fn run(self) -> Result<ExitCode> {
        let url = self.database_url.or_else(environment::database_url);
        let url = url.context("say which database: --database-url, or the variable DATABASE_URL")?;
        match self.task {
            Task::Create(world) => data::create(&url, &world)?,
            Task::Update(much) => data::update(&url, &much)?,
            Task::Verify => return data::verify(&url),
            Task::Backfill { batch } => data::backfill(&url, batch)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
