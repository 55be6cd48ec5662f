//! `cargo xtask up`: sets up everything and runs the application, until Ctrl-C.

use std::fs;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{ChildStderr, Command, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use chrono::Local;
use clap::Args;
use xtask::servers::{Signal, stop_stray};

use crate::commands::token::{self, Role};
use crate::demo::{self, Live, Outcome};
use crate::interrupt;
use crate::log_text;
use crate::project::Project;
use crate::run::step;
use crate::setup::install::Consent;
use crate::setup::services::{Plan, Purpose, Services};
use crate::setup::{application, build, database, environment, secret};

/// The private server's database.
const DATABASE: &str = "runledger";

/// Whom the printed tokens are for.
const USER: &str = demo::OWNER;

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
    /// Write the log as JSON lines, as where standard output is no terminal.
    #[arg(long)]
    json: bool,
    /// Fill a database that has no runs with a small world to look at, and have some runs go on.
    #[arg(long)]
    demo: bool,
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
        // Whoever sends one of the two elsewhere wants the lines as they are.
        let for_a_person = !self.json && io::stdout().is_terminal() && io::stderr().is_terminal();
        if for_a_person {
            host.stderr(Stdio::piped());
        }
        let (mut host, lines) = application::start(project, host, GRACE)?;
        let log = host.child().stderr.take().map(show_log);
        let mut executor = None;
        let pid_file = services.folder().join(PID_FILE);
        fs::write(&pid_file, host.id().to_string()).with_context(|| format!("write {}", pid_file.display()))?;

        let mut address = None;
        while !interrupt::requested() {
            match lines.recv_timeout(LOOK) {
                Ok(line) if address.is_none() => {
                    let url = application::address(&line)?;
                    let world = self
                        .demo
                        .then(|| start_demo(url, &database_url, secret, for_a_person))
                        .transpose()?;
                    print!("{}", welcome(url, secret, &services.describe())?);
                    if let Some((remark, demo)) = world {
                        print!("\n{remark}\n\n");
                        executor = demo;
                    }
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
        if let Some(executor) = executor {
            executor.stop();
        }
        host.stop()?;
        if let Some(log) = log {
            // It ends with the host's output, and has nothing to tell.
            let _ = log.join();
        }
        Ok(())
    }
}

/// Fills an empty database and has runs go on; what to tell of it.
fn start_demo(url: &str, database_url: &str, secret: &str, for_a_person: bool) -> Result<(String, Option<Live>)> {
    let target = demo::Target {
        url,
        database_url,
        token: token::issue(secret, demo::EXECUTOR, Role::Service, TOKEN_HOURS * 3600)?,
        owner: USER,
        seed: demo::SEED,
    };
    let goes_on = if for_a_person {
        "New runs begin every few seconds, for half an hour; what their executor asks for is not shown below."
    } else {
        "New runs begin every few seconds, for half an hour."
    };
    Ok(match demo::fill(&target)? {
        Outcome::Filled { runs, shared_url } => {
            let remark = format!(
                "The demo world has {runs} runs, most of {USER}'s. {goes_on}\nAnyone may read one result: {shared_url}"
            );
            (remark, Some(Live::start(&target)))
        }
        Outcome::There => (
            format!("The demo world is there from before. {goes_on}"),
            Some(Live::start(&target)),
        ),
        Outcome::Unfinished => {
            let remark = "Only a part of the demo world is there, since filling was stopped: empty the database to have it whole.";
            (remark.to_owned(), None)
        }
        Outcome::NotEmpty => {
            let remark = "There are runs already, so the demo world was left out: it fills an empty database only.";
            (remark.to_owned(), None)
        }
    })
}

/// Shows the host's log to a person, line by line, until the host ends.
fn show_log(log: ChildStderr) -> JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(log).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            // A person who looks for their own requests would not find them.
            if !log_text::is_success_of(&line, demo::EXECUTOR) {
                // Plain where `NO_COLOR` is set.
                anstream::println!("{}", log_text::format(&line, &Local::now()));
            }
        }
    })
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
    // A browser keeps what follows the `#` to itself, so that the token reaches no log.
    Ok(format!(
        "\n\
         Open one of these to sign in; they hold tokens, valid for {TOKEN_HOURS} hours:\n\
         \x20 user ({USER})  {url}/login#token={user}\n\
         \x20 admin             {url}/login#token={admin}\n\
         \x20 service           {url}/login#token={service}\n\
         \n\
         Runledger is at {url}, its reference at {url}/api/docs\n\
         \x20 {servers}\n\
         \n\
         Register a graph of {USER}:\n\
         curl -i -X PUT {url}/api/graphs/demo/versions/1 -H 'Authorization: Bearer {service}' -H 'X-User-Id: {USER}' \
         -H 'Content-Type: application/json' -d '{graph}'\n\
         \n\
         List the executions of {USER}:\n\
         curl -i {url}/api/executions -H 'Authorization: Bearer {user}'\n\
         \n\
         `cargo xtask token` makes other tokens. Ctrl-C stops everything; the data stays for the next run.\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_links_to_sign_in_come_first_and_keep_their_token_from_servers() {
        let text = welcome("http://127.0.0.1:1", &"s".repeat(64), &["a server".to_owned()]).unwrap();
        let links: Vec<_> = text.lines().skip(2).take(3).collect();
        for (link, role) in links.iter().zip(["user", "admin", "service"]) {
            assert!(link.trim_start().starts_with(role), "{link}");
            assert!(link.contains("  http://127.0.0.1:1/login#token=ey"), "{link}");
        }
        assert_eq!(text.matches("\ncurl -i ").count(), 2, "{text}");
        assert!(!text.contains("?token"), "{text}");
    }
}
