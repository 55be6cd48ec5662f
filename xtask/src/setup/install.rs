//! Installs the programs that are missing, with the system's own package manager, after asking.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use nix::unistd::geteuid;
use xtask::servers::{Error, browser_programs, pgbouncer_program, postgres_folder, redis_program};

use crate::run::{shown, step};
use crate::setup::environment::variable;

/// Whether packages may be installed without asking.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Consent {
    given: bool,
}

impl Consent {
    /// Given by the option `--yes`, and by the variable `CI`.
    pub(crate) fn new(yes: bool) -> Self {
        Self {
            given: yes || variable("CI").is_some_and(|value| value != "false" && value != "0"),
        }
    }
}

/// What `apt-get` and `brew` call the packages of something.
type Packages = [&'static [&'static str]; 2];

const POSTGRES: Packages = [&["postgresql"], &["postgresql@17"]];
const REDIS: Packages = [&["redis-server"], &["redis"]];
const PGBOUNCER: Packages = [&["pgbouncer"], &["pgbouncer"]];
const PYTHON: Packages = [&["python3-venv"], &["python@3.13"]];
/// With a font that has the marks of the pages: a bare machine would show boxes.
const BROWSER: Packages = [
    &["chromium", "chromium-driver", "fonts-dejavu-core"],
    &["google-chrome", "chromedriver"],
];
const NODE: Packages = [&["nodejs", "npm"], &["node"]];

const OLDEST_NODE: u32 = 18;

/// Exits with 0 where Python can make an environment of its own, for what needs 3.11.
const CAN_MAKE_ENVIRONMENTS: &str = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))";

/// Lets packages ask nothing.
const QUIET: (&str, &str) = ("DEBIAN_FRONTEND", "noninteractive");

/// Makes sure that PostgreSQL is installed.
pub(crate) fn postgres(consent: Consent) -> Result<()> {
    ensure(POSTGRES, consent, || postgres_folder().map(drop))
        .context("Runledger needs PostgreSQL 15 or newer: install it, or set DATABASE_URL to a server's URL")
}

/// Makes sure that Redis is installed.
pub(crate) fn redis(consent: Consent) -> Result<()> {
    ensure(REDIS, consent, || redis_program().map(drop))
}

/// Makes sure that PgBouncer is installed.
pub(crate) fn pgbouncer(consent: Consent) -> Result<()> {
    ensure(PGBOUNCER, consent, || pgbouncer_program().map(drop))
}

/// Makes sure that Python is installed, with what makes environments.
pub(crate) fn python(consent: Consent) -> Result<()> {
    let look = || {
        let mut python = Command::new("python3");
        let found = python
            .args(["-c", CAN_MAKE_ENVIRONMENTS])
            .stderr(Stdio::null())
            .status();
        if found.is_ok_and(|status| status.success()) {
            Ok(())
        } else {
            Err(Error::NotInstalled("Python 3.11 or newer, with venv,"))
        }
    };
    ensure(PYTHON, consent, look)
}

/// Makes sure that a browser is installed, with the driver of its version.
pub(crate) fn browser(consent: Consent) -> Result<()> {
    ensure(BROWSER, consent, || browser_programs().map(drop))
}

/// Makes sure that Node and its package manager are installed.
pub(crate) fn node(consent: Consent) -> Result<()> {
    let version = |program: &str| {
        let output = Command::new(program).arg("--version").output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        text.trim().trim_start_matches('v').split('.').next()?.parse().ok()
    };
    let look = || match (version("node"), version("npm")) {
        (Some(found), _) if found < OLDEST_NODE => Err(Error::TooOld {
            program: "Node",
            found,
            needed: OLDEST_NODE,
        }),
        (Some(_), Some(_)) => Ok(()),
        _ => Err(Error::NotInstalled("Node with npm")),
    };
    ensure(NODE, consent, look)
}

fn ensure(packages: Packages, consent: Consent, look: impl Fn() -> Result<(), Error>) -> Result<()> {
    let missing = match look() {
        Ok(()) => return Ok(()),
        Err(missing @ (Error::NotInstalled(_) | Error::TooOld { .. })) => missing,
        Err(error) => return Err(error.into()),
    };
    let Some(commands) = install_commands(packages, &on_path) else {
        bail!("{missing}, and there is neither apt-get nor brew to install it with");
    };
    let shown_commands: Vec<String> = commands.iter().map(shown).collect();
    let shown_commands = shown_commands.join(" && ");
    if !consent.given && !ask(&format!("{missing}. Install it now with `{shown_commands}`?"))? {
        bail!("{missing}; `{shown_commands}` installs it");
    }
    step(&format!("{missing}: {shown_commands}"));
    for mut command in commands {
        // With the terminal, for the password that sudo may ask for.
        let status = command.status().with_context(|| format!("start {}", shown(&command)))?;
        if !status.success() {
            bail!("`{}` failed with {status}", shown(&command));
        }
    }
    look().context("installed, and still not found")
}

/// The package manager's commands, if there is one.
fn install_commands([apt_names, brew_names]: Packages, has: &dyn Fn(&str) -> bool) -> Option<Vec<Command>> {
    if has("apt-get") {
        let apt = |arguments: &[&str]| {
            let mut command = Command::new(if geteuid().is_root() { "apt-get" } else { "sudo" });
            if geteuid().is_root() {
                command.env(QUIET.0, QUIET.1);
            } else {
                // Which lets no environment through.
                command.args(["env", &format!("{}={}", QUIET.0, QUIET.1), "apt-get"]);
            }
            command.args(arguments);
            command
        };
        let mut install = apt(&["install", "--yes", "--no-install-recommends"]);
        install.args(apt_names);
        return Some(vec![apt(&["update"]), install]);
    }
    if has("brew") {
        let mut brew = Command::new("brew");
        brew.arg("install").args(brew_names);
        return Some(vec![brew]);
    }
    None
}

fn on_path(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// Asks on the terminal; without one the answer is no.
fn ask(question: &str) -> Result<bool> {
    let input = std::io::stdin();
    if !input.is_terminal() {
        return Ok(false);
    }
    eprint!("{question} [Y/n] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    input.lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "" | "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(available: &[&str]) -> Option<Vec<String>> {
        let commands = install_commands(POSTGRES, &|program| available.contains(&program))?;
        Some(
            commands
                .iter()
                .map(|command| shown(command).replace("sudo ", ""))
                .collect(),
        )
    }

    #[test]
    fn the_systems_package_manager_is_used() {
        let apt = commands(&["apt-get", "brew"]).unwrap();
        assert_eq!(
            apt,
            [
                "apt-get update",
                "apt-get install --yes --no-install-recommends postgresql"
            ]
        );
        assert_eq!(commands(&["brew"]).unwrap(), ["brew install postgresql@17"]);
        assert!(commands(&["dnf"]).is_none());
    }
}
