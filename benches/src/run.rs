//! What every benchmark is around what it measures: a database of its own, and a report that is printed and kept.

use std::{fmt::Display, fs, process::ExitCode};

use anyhow::{Context as _, Result, anyhow};
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

use crate::{database::Database, options::Options};

/// A report that knows whether it is good enough.
pub(crate) trait Judged: Display + Serialize {
    /// Whether every target was reached.
    fn reached(&self) -> bool;
}

/// Measures on a database that is made for it, prints what was found, and writes it to `file` in the output folder.
pub(crate) async fn run<R: Judged>(
    options: &Options,
    file: &str,
    measure: impl AsyncFnOnce(&Database) -> Result<R>,
) -> Result<ExitCode> {
    fs::create_dir_all(&options.output).with_context(|| format!("cannot make {}", options.output.display()))?;
    let server = options.database_url.as_ref();
    let server = server.context("which Postgres server? Set DATABASE_URL, or let `cargo xtask bench` start one")?;
    let database = Database::create(server).await?;
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    // When this is dropped, so are the servers.
    let report = tokio::select! {
        report = measure(&database) => report,
        _ = interrupt.recv() => Err(anyhow!("interrupted")),
        _ = terminate.recv() => Err(anyhow!("terminated")),
    };
    let removed = database.remove().await;
    let report = report?;
    removed?;

    print!("{report}");
    let path = options.output.join(file);
    fs::write(&path, serde_json::to_string_pretty(&report)? + "\n")
        .with_context(|| format!("cannot write {}", path.display()))?;
    println!("\nWritten to {}", path.display());
    Ok(if options.enforce && !report.reached() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
