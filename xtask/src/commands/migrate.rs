//! `cargo xtask migrate`: brings a database's tables up to date.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::setup::{database, environment};

#[derive(Debug, Args)]
pub(crate) struct Migrate {
    /// The database; else SPIN_VARIABLE_DATABASE_URL or DATABASE_URL.
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

impl Migrate {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let url = self.database_url.or_else(environment::database_url);
        database::migrate(&url.context("say which database: --database-url, or the variable DATABASE_URL")?)?;
        Ok(ExitCode::SUCCESS)
    }
}
