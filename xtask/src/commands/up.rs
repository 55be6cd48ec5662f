//! `cargo xtask up`: sets up everything and runs the application, until Ctrl-C.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::RecvTimeoutError;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use xtask::servers::{Signal, stop_stray};

use crate::commands::token::{self, Role};
use crate::interrupt;
use crate::project::Project;
use crate::run::step;
use crate::setup::install::Consent;
use crate::setup::services::{Plan, Purpose, Services};
use crate::setup::{application, build, database, environment, secret};

/// The private server's database.
const DATABASE: &str = "runledger";

/// Whom the printed tokens are for.
const USER: &str = "demo-user";

const TOKEN_HOURS: u64 = 24;

/// Requests that are being answered may end; what takes longer than this is cut off.
const GRACE: Duration = Duration::from_secs(40);

const PID_FILE: &str = "application.pid";

const LOOK: Duration = Duration::from_millis(100);

#[derive(Debug, Args)]
pub(crate) struct Up {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:3000", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Install missing servers without asking.
    #[arg(long)]
    yes: bool,
}

impl Up {
    pub(crate) fn run(self, project: &Project) -> Result<()> {
        interrupt::listen()?;
        // What can go wrong at once is tried before the minutes of building.
        let secret = secret::get_or_make(project)?;
        let plan = Plan::make(project, Purpose::Up, Consent::new(self.yes))?;
        stop_predecessor(project, plan.folder());
        drop(TcpListener::bind(self.listen).with_context(|| format!("cannot listen on {}", self.listen))?);
        build::components(project, build::Profile::Shipped)?;
        build::host(project)?;

        let mut services = plan.start()?;
        let outcome = self.serve(project, &secret, &mut services);
        services.stop()?;
        outcome?;
        eprintln!("Stopped; the data stays for the next run.");
        Ok(())
    }

    /// Migrates and serves, until a signal comes (which is how it should end) or something fails.
    fn serve(&self, project: &Project, secret: &str, services: &mut Services) -> Result<()> {
        if services.owns_database() {
            database::create(&services.database_url("postgres"), DATABASE)?;
        }
        let database_url = services.database_url(DATABASE);
        step("Migrating the database");
        database::migrate(&database_url)?;
        interrupt::check()?;

        step("Starting the application");
        let mut host = Command::new(project.host());
        host.arg("--from")
            .arg(project.spin_manifest())
            .arg("--cron")
            .arg(project.root().join("spin.cron.toml"))
            .arg("--listen")
            .arg(self.listen.to_string())
            .arg("--require-usable-settings");
        host.envs(environment::for_application(
            &database_url,
            services.redis_url(),
            secret,
        )?);
        let (mut host, lines) = application::start(project, host, GRACE)?;
        let pid_file = services.folder().join(PID_FILE);
        fs::write(&pid_file, host.id().to_string()).with_context(|| format!("write {}", pid_file.display()))?;

        let mut address = None;
        while !interrupt::requested() {
            match lines.recv_timeout(LOOK) {
                Ok(line) if address.is_none() => {
                    let url = application::address(&line)?;
                    print!("{}", welcome(url, secret, &services.describe())?);
                    address = Some(url.to_owned());
                }
                Ok(line) => println!("{line}"),
                Err(RecvTimeoutError::Timeout) => {}
                // Its output is closed: it is about to end.
                Err(RecvTimeoutError::Disconnected) => thread::sleep(LOOK),
            }
            if let Some(status) = host.ended()? {
                bail!("the application ended with {status}");
            }
            services.check()?;
        }
        eprintln!();
        step("Stopping");
        host.stop()?;
        Ok(())
    }
}

/// Stops the application of a run that was killed together with everything that should have stopped it.
fn stop_predecessor(project: &Project, folder: &Path) {
    let pid = fs::read_to_string(folder.join(PID_FILE)).unwrap_or_default();
    if let Ok(pid) = pid.trim().parse() {
        stop_stray(
            pid,
            &project.host().to_string_lossy(),
            &[Signal::SIGTERM, Signal::SIGKILL],
            GRACE,
        );
    }
}

/// What a person needs to go on.
fn welcome(url: &str, secret: &str, servers: &[String]) -> Result<String> {
    let issue = |role| {
        token::issue(
            secret,
            if role == Role::User { USER } else { "demo" },
            role,
            TOKEN_HOURS * 3600,
        )
    };
    let (user, admin, service) = (issue(Role::User)?, issue(Role::Admin)?, issue(Role::Service)?);
    let servers = servers.join("\n  ");
    // The platform's block for an agent's input is known from the start.
    let graph =
        r#"{"name":"Demo","nodes":[{"id":"demo-input","block_id":"c0a8e994-ebf1-4a9c-a4d8-89d09c86741b"}],"links":[]}"#;
    Ok(format!(
        "\n\
         Runledger is at {url}, its reference at {url}/api/docs\n\
         \x20 {servers}\n\n\
         Tokens, valid for {TOKEN_HOURS} hours; `cargo xtask token` makes others:\n  \
           user ({USER})  {user}\n  \
           admin             {admin}\n  \
           service           {service}\n\
         \n\
         Register a graph of {USER}:\n\
         curl -i -X PUT {url}/api/graphs/demo/versions/1 -H 'Authorization: Bearer {service}' -H 'X-User-Id: {USER}' \
         -H 'Content-Type: application/json' -d '{graph}'\n\
         \n\
         List the executions of {USER}:\n\
         curl -i {url}/api/executions -H 'Authorization: Bearer {user}'\n\
         \n\
         Ctrl-C stops everything; the data stays for the next run.\n"
    ))
}
