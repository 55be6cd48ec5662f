//! `cargo xtask setup`: installs what `up` and `test` would install, and nothing more.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::interrupt;
use crate::project::Project;
use crate::run::step;
use crate::setup::install::{self, Consent};
use crate::setup::services::{Plan, Purpose};
use crate::setup::toolchain;

#[derive(Debug, Args)]
pub(crate) struct Setup {
    /// Install missing servers without asking.
    #[arg(long)]
    yes: bool,
}

impl Setup {
    pub(crate) fn run(self, project: &Project) -> Result<ExitCode> {
        interrupt::listen()?;
        toolchain::ensure_target(project)?;
        let consent = Consent::new(self.yes);
        Plan::make(project, Purpose::Test, consent)?;
        install::pgbouncer(consent)?;
        step("Everything is installed");
        Ok(ExitCode::SUCCESS)
    }
}
