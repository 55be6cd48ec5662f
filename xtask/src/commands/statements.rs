//! `cargo xtask statements`: writes each statement that the store sends to a file of `shared/store/statements`, where changes
//! are seen in a review. The store's tests compare them.

use std::process::ExitCode;

use anyhow::Result;

use crate::project::Project;
use crate::run::{self, cargo};

pub(crate) fn run(project: &Project) -> Result<ExitCode> {
    let arguments = ["test", "--package", "runledger-store", "--test", "it", "pinned"];
    let mut write = cargo(project, &arguments);
    run::run(write.env("RUNLEDGER_WRITE_STATEMENTS", "1"))?;
    Ok(ExitCode::SUCCESS)
}
