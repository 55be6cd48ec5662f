//! `runledger-benches`: the application in the local host against a native baseline, measured side by side in one run.
//!
//! `cargo xtask bench` builds both for release and calls it. `docs/decisions/tests.md` says how it measures.

mod baseline;
mod client;
mod components;
mod credits;
mod database;
mod events;
mod history;
mod load;
mod measure;
mod options;
mod pages;
mod pgbench;
mod report;
mod run;
mod scenario;
mod scoring;
mod server;
mod table;
mod token;
mod wire;
mod world;

use std::process::ExitCode;

use clap::Parser as _;
use mimalloc::MiMalloc;
use tokio::runtime::Builder;

use crate::options::{Cli, Command};

// The host has it, so the baseline has it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let Cli { command, options } = Cli::parse();
    let outcome = match command {
        Some(Command::Baseline(options)) => Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(Into::into)
            .and_then(|runtime| runtime.block_on(baseline::run(options)))
            .map(|()| ExitCode::SUCCESS),
        Some(Command::History(history)) => Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Into::into)
            .and_then(|runtime| runtime.block_on(history::run(&history.options, &history.executions))),
        Some(Command::Pages(pages)) => Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Into::into)
            .and_then(|runtime| runtime.block_on(pages::run(&pages))),
        Some(Command::Credits(options)) => Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Into::into)
            .and_then(|runtime| runtime.block_on(credits::run(&options))),
        Some(Command::Scoring(options)) => Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Into::into)
            .and_then(|runtime| runtime.block_on(scoring::run(&options))),
        // One thread, so that the load leaves the machine to what is measured.
        None => Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Into::into)
            .and_then(|runtime| runtime.block_on(measure::run(&options))),
    };
    outcome.unwrap_or_else(|error: anyhow::Error| {
        eprintln!("runledger-benches: {error:#}");
        ExitCode::FAILURE
    })
}
