//! The house's one tool: `cargo xtask help` lists what it does.

mod commands;
mod data;
mod demo;
mod interrupt;
mod log_text;
mod project;
mod run;
mod setup;
mod tidy;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::interrupt::Interrupted;
use crate::project::Project;
use crate::setup::install::Consent;
use crate::setup::{database, environment, services};

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
    Setup {
        /// Install missing servers without asking.
        #[arg(long)]
        yes: bool,
    },
    /// Brings a database's tables up to date.
    Migrate {
        /// The database; else SPIN_VARIABLE_DATABASE_URL or DATABASE_URL.
        #[arg(long, value_name = "URL")]
        database_url: Option<String>,
    },
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
    Data(data::Data),
    /// Measures the application against a native baseline.
    Bench(commands::bench::Bench),
    /// Photographs each page, with a small world in it, for docs/pictures.
    Pictures(commands::pictures::Pictures),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match dispatch(arguments.command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
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

/// Whether all is well; what is not has been told.
fn dispatch(task: Task) -> Result<bool> {
    let project = Project::find()?;
    match task {
        Task::Up(up) => up.run(&project)?,
        Task::Test(test) => return test.run(&project),
        Task::Setup { yes } => services::install_everything(&project, Consent::new(yes))?,
        Task::Migrate { database_url } => database::migrate(&environment::chosen_database(database_url)?)?,
        Task::Token(token) => token.run(&project)?,
        Task::Openapi(openapi) => return openapi.run(&project),
        Task::Statements => {
            // The test that compares them.
            let arguments = ["test", "--package", "runledger-store", "--test", "it", "pinned"];
            run::run(run::cargo(&project, &arguments).env("RUNLEDGER_WRITE_STATEMENTS", "1"))?;
        }
        Task::Contract(contract) => return contract.run(&project),
        Task::Tidy => return tidy::run(&project),
        Task::Data(data) => return data.run(),
        Task::Bench(bench) => return bench.run(&project),
        Task::Pictures(pictures) => return pictures.run(&project),
    }
    Ok(true)
}
