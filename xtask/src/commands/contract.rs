//! `cargo xtask contract`: holds the running application to its description. Programs in Python judge both
//! (`tests/contract`); their versions are fixed, and so is what they send.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use xtask::servers::{Server, random_hex};

use crate::commands::token::{self, Role};
use crate::interrupt;
use crate::project::Project;
use crate::run::{run, status, step};
use crate::setup::install::{self, Consent};
use crate::setup::services::{Plan, Purpose, Services};
use crate::setup::{application, build, database, environment};

/// The subject of the tokens; `hooks.py` makes its world for this user.
const USER: &str = "contract-user";

const TOKEN_SECONDS: u64 = 3600;

/// How long the application may take to stop.
const GRACE: Duration = Duration::from_secs(20);

#[derive(Debug, Args)]
pub(crate) struct Contract {
    /// Install missing servers and Python without asking.
    #[arg(long)]
    yes: bool,
    /// Passed on to schemathesis; `-- --include-path /api/summary` tests one path.
    #[arg(last = true)]
    arguments: Vec<String>,
}

impl Contract {
    pub(crate) fn run(self, project: &Project) -> Result<bool> {
        interrupt::listen()?;
        let consent = Consent::new(self.yes);
        let plan = Plan::make(project, Purpose::Test, consent)?;
        install::python(consent)?;
        let tools = tools(project)?;

        step("Checking the description and its examples");
        let mut check = Command::new(tools.join("python"));
        check
            .arg(files(project).join("description.py"))
            .arg(description(project));
        if !status(&mut check)?.success() {
            return Ok(false);
        }

        build::components(project, build::Profile::Shipped)?;
        build::host(project)?;
        let services = plan.start()?;
        let outcome = self.test(project, &services, &tools);
        services.stop()?;
        outcome
    }

    /// Runs the application, and what tests it. Whether nothing was found.
    fn test(&self, project: &Project, services: &Services, tools: &Path) -> Result<bool> {
        let server = services.database_url("postgres");
        let name = format!("runledger_contract_{}", random_hex(4)?);
        database::create(&server, &name)?;
        let outcome = self.test_on(project, services, tools, &database::beside(&server, &name)?);
        if !services.owns_database() {
            database::remove(&server, &name)?;
        }
        outcome
    }

    /// The same, in this empty database.
    fn test_on(&self, project: &Project, services: &Services, tools: &Path, database: &str) -> Result<bool> {
        database::migrate(database)?;
        interrupt::check()?;

        let secret = random_hex(48)?;
        // The server of a language model is part of the test, and begins after the application.
        let model = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let (mut host, url) = start(project, services, database, &secret, model)?;

        step("Testing the application against its description");
        let folder = files(project);
        let mut tester = Command::new(tools.join("schemathesis"));
        tester
            .arg("--config-file")
            .arg(folder.join("schemathesis.toml"))
            // As a file: the operation that answers with it is tested like the others.
            .arg("run")
            .arg(description(project))
            .args(["--url", &url])
            .args(&self.arguments)
            .current_dir(&folder)
            .env("CONTRACT_URL", &url)
            .env("CONTRACT_MODEL_PORT", model.to_string())
            .env("PYTHONDONTWRITEBYTECODE", "1");
        for role in [Role::User, Role::Admin, Role::Service] {
            let variable = format!("CONTRACT_TOKEN_{}", role.name().to_uppercase());
            tester.env(variable, token::issue(&secret, USER, role, TOKEN_SECONDS)?);
        }
        let outcome = status(&mut tester);
        if let Some(ended) = host.ended()? {
            bail!("the application ended with {ended}");
        }
        host.stop()?;
        let passed = outcome?.success();
        if !passed {
            eprintln!("The application's log is {}", log(project).display());
        }
        Ok(passed)
    }
}

fn description(project: &Project) -> PathBuf {
    project.root().join("docs/openapi.json")
}

/// What is told to the programs.
fn files(project: &Project) -> PathBuf {
    project.root().join("tests/contract")
}

/// What the application of the last run said.
fn log(project: &Project) -> PathBuf {
    project.target().join("contract/application.log")
}

/// The programs of an environment that has what `requirements.txt` says, and nothing else.
fn tools(project: &Project) -> Result<PathBuf> {
    let wanted = files(project).join("requirements.txt");
    let environment = project.target().join("tools/contract");
    let installed = environment.join("requirements.txt");
    let programs = environment.join("bin");
    let text = fs::read(&wanted).with_context(|| format!("read {}", wanted.display()))?;
    if fs::read(&installed).is_ok_and(|installed| installed == text) {
        return Ok(programs);
    }
    step("Installing schemathesis");
    run(Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&environment))?;
    run(Command::new(programs.join("python"))
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--requirement",
        ])
        .arg(&wanted))?;
    run(Command::new(programs.join("python")).args(["-m", "pip", "--disable-pip-version-check", "check"]))?;
    // Last, so that what was interrupted begins anew.
    fs::write(&installed, text).with_context(|| format!("write {}", installed.display()))?;
    Ok(programs)
}

/// Starts the application on a free port; its address.
fn start(project: &Project, services: &Services, database: &str, secret: &str, model: u16) -> Result<(Server, String)> {
    step("Starting the application");
    let log = log(project);
    if let Some(folder) = log.parent() {
        fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    }
    let output = fs::File::create(&log).with_context(|| format!("write {}", log.display()))?;
    let mut host = Command::new(project.host());
    environment::clear_application(&mut host);
    host.arg("--from")
        .arg(project.spin_manifest())
        .args(["--listen", "127.0.0.1:0"])
        .envs(environment::of_application(database, services.redis_url(), secret)?)
        .env("SPIN_VARIABLE_LLM_HOST", format!("http://127.0.0.1:{model}"))
        .env(
            "SPIN_VARIABLE_LLM_OLLAMA_BASE_URL",
            format!("http://127.0.0.1:{model}/v1"),
        )
        .stderr(output);
    application::serve(project, host, GRACE).with_context(|| format!("the application's log is {}", log.display()))
}
