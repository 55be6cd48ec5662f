//! The house's one tool: `cargo xtask help` lists what it does.

mod commands;
mod data;
mod interrupt;
mod project;
mod run;
mod setup;
mod tidy;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::interrupt::Interrupted;
use crate::project::Project;

/// Sets up, runs, tests and checks Runledger.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Sets up everything and runs the application, until Ctrl-C.
    Up(commands::up::Up),
    /// Sets up everything and runs the test suite.
    Test(commands::test::Test),
    /// Installs what the two above would install, and nothing more.
    Setup(commands::setup::Setup),
    /// Brings a database's tables up to date.
    Migrate(commands::migrate::Migrate),
    /// Prints a token for calling the API.
    Token(commands::token::Token),
    /// Writes the API's description to docs/openapi.json.
    Openapi(commands::openapi::Openapi),
    /// Writes each statement that the store sends to shared/store/statements.
    Statements,
    /// Holds the running application to the API's description.
    Contract(commands::contract::Contract),
    /// Checks the rules of the house that a program can check.
    Tidy,
    /// Fills a database, lets it live, checks it, and completes its rollups.
    Data(commands::data::Data),
    /// Measures the application against a native baseline.
    Bench(commands::bench::Bench),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match dispatch(arguments.command) {
        Ok(code) => code,
        Err(error) if error.is::<Interrupted>() => {
            eprintln!("{error}");
            // What a shell reports for a program that Ctrl-C ended.
            ExitCode::from(130)
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(task: Task) -> Result<ExitCode> {
    let project = Project::find()?;
    match task {
        Task::Up(up) => up.run(&project),
        Task::Test(test) => test.run(&project),
        Task::Setup(setup) => setup.run(&project),
        Task::Migrate(migrate) => migrate.run(),
        Task::Token(token) => token.run(&project),
        Task::Openapi(openapi) => openapi.run(&project),
        Task::Statements => commands::statements::run(&project),
        Task::Contract(contract) => contract.run(&project),
        Task::Tidy => tidy::run(&project),
        Task::Data(data) => data.run(),
        Task::Bench(bench) => bench.run(&project),
    }
}
