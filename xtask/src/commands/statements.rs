//! `cargo xtask statements`: writes each statement that the store sends to a file of `shared/store/statements`, where changes
//! are seen in a review. The store's tests compare them.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::project::Project;
use crate::run::{cargo, status};

#[derive(Debug, Args)]
pub(crate) struct Statements;

impl Statements {
    pub(crate) fn run(self, project: &Project) -> Result<ExitCode> {
        let arguments = ["test", "--package", "runledger-store", "--test", "it", "pinned"];
        let mut write = cargo(project, &arguments);
        let written = status(write.env("RUNLEDGER_WRITE_STATEMENTS", "1"))?;
        Ok(if written.success() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}
