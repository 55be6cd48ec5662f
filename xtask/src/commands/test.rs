//! `cargo xtask test`: sets up everything and runs the test suite.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use clap::Args;
use url::Url;
use xtask::servers::{self, PgBouncer};

use crate::project::Project;
use crate::run::{cargo, run, status, step};
use crate::setup::browser;
use crate::setup::build::{self, Profile};
use crate::setup::environment::{clear_application, variable};
use crate::setup::install::{self, Consent};
use crate::setup::services::{Plan, Purpose, Services};
use crate::setup::toolchain;

/// The end-to-end suite: the one package whose tests need the components and the host.
const END_TO_END: &str = "runledger-tests";

/// The module of it that holds all tests in a browser.
const IN_BROWSER: &str = "browser::";

#[derive(Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Test {
    /// Run only the tests whose names contain one of these.
    filters: Vec<String>,
    /// Run only the tests of these packages.
    #[arg(long = "package", short, value_name = "PACKAGE")]
    packages: Vec<String>,
    /// Build the components in seconds, larger and slower than they are shipped.
    #[arg(long)]
    quick: bool,
    /// Run the end-to-end suite with the host behaving as Spin's does.
    #[arg(long)]
    like_spin: bool,
    /// Run the end-to-end suite through PgBouncer in transaction mode, with a host that sends statements without names.
    #[arg(long, conflicts_with = "like_spin")]
    pgbouncer: bool,
    /// Install missing servers, and a browser, without asking.
    #[arg(long)]
    yes: bool,
}

/// What the tests need besides their own code.
struct Needs<'a> {
    manifests: [PathBuf; 2],
    services: &'a Services,
    pooler: Option<&'a PgBouncer>,
    /// What tells of the browser, where one is needed and wanted.
    browser: Option<Vec<(&'static str, OsString)>>,
}

impl Test {
    pub(crate) fn run(self, project: &Project) -> Result<bool> {
        crate::interrupt::listen()?;
        let consent = Consent::new(self.yes);
        let plan = Plan::make(project, Purpose::Test, consent)?;
        if self.pgbouncer {
            install::pgbouncer(consent)?;
        }
        // What a browser shows does not depend on what is between the host and the database.
        let browser = if self.includes_end_to_end() && !self.like_spin && !self.pgbouncer {
            browser::install(project, consent)?
        } else {
            None
        };
        let profile = if self.quick { Profile::Quick } else { Profile::Shipped };
        // The host's own tests compile a component too.
        toolchain::ensure_target(project)?;
        if self.includes_end_to_end() {
            build::components(project, profile)?;
        }
        let manifests = ["spin.toml", "spin.cron.toml"].map(|name| project.manifest_with(name, profile));
        let [manifest, cron_manifest] = manifests;
        let manifests = [manifest?, cron_manifest?];
        self.build(project)?;

        let services = plan.start()?;
        let pooler = self.pgbouncer.then(|| start_pgbouncer(&services)).transpose()?;
        step("Running the tests");
        let outcome = self.run_all(
            project,
            Needs {
                manifests,
                services: &services,
                pooler: pooler.as_ref(),
                browser,
            },
        );
        if let Some(pooler) = pooler {
            pooler.remove()?;
        }
        services.stop()?;
        outcome
    }

    /// Whether tests of the end-to-end suite may be among those that were asked for.
    fn includes_end_to_end(&self) -> bool {
        let may_be = |package: &String| package == END_TO_END || package.contains(['*', '?', '[']);
        self.packages.is_empty() || self.packages.iter().any(may_be)
    }

    /// Builds the host, unless Spin takes its place or no test needs it, and the tests: all at once, so that they share what
    /// they depend on.
    fn build(&self, project: &Project) -> Result<()> {
        if !self.includes_end_to_end() {
            return Ok(());
        }
        let spin = variable("RUNLEDGER_HOST").is_some_and(|host| host == "spin");
        match (self.packages.is_empty(), spin) {
            (true, true) => build::programs(project, "the tests", &["--tests", "--exclude", "runledger-local"]),
            (true, false) => build::programs(project, "the host and the tests", &["--tests", "--bins"]),
            (false, true) => Ok(()),
            (false, false) => build::host(project),
        }
    }

    /// Whether all tests passed.
    fn run_all(&self, project: &Project, needs: Needs<'_>) -> Result<bool> {
        let [manifest, cron_manifest] = needs.manifests;
        let services = needs.services;
        let mut environment = vec![
            ("DATABASE_URL", services.database_url("postgres").into()),
            ("REDIS_URL", services.redis_url().into()),
            ("RUNLEDGER_MANIFEST", manifest.into()),
            ("RUNLEDGER_CRON_MANIFEST", cron_manifest.into()),
            ("RUNLEDGER_LOCAL_BIN", project.host().into_os_string()),
        ];
        if self.like_spin {
            environment.push(("RUNLEDGER_LOCAL_OPTIONS", "--like-spin".into()));
        }
        if let Some(pooler) = needs.pooler {
            environment.push(("RUNLEDGER_LOCAL_OPTIONS", "--unnamed-statements".into()));
            environment.push(("RUNLEDGER_POOLER", format!("127.0.0.1:{}", pooler.port()).into()));
        }
        if let Ok(folder) = servers::postgres_folder() {
            environment.push((servers::POSTGRES_FOLDER, folder.into_os_string()));
        }
        let in_browser = needs.browser.is_some();
        environment.extend(needs.browser.into_iter().flatten());
        let mut passed = true;
        for mut command in self.commands(project, has_nextest(), in_browser) {
            clear_application(&mut command);
            passed &= status(command.envs(environment.iter().map(|(name, value)| (name, value))))?.success();
        }
        Ok(passed)
    }

    /// What runs the tests, and the examples of the documentation, which nextest leaves out.
    fn commands(&self, project: &Project, nextest: bool, in_browser: bool) -> Vec<Command> {
        let left_out = self.includes_end_to_end() && !in_browser;
        let end_to_end = self.like_spin || self.pgbouncer;
        let selected = || {
            if self.packages.is_empty() {
                // Nextest can choose among what was built for the whole workspace, and nothing is built again.
                return match (end_to_end, nextest) {
                    (true, false) => vec!["--package", END_TO_END],
                    _ => vec!["--workspace"],
                };
            }
            self.packages
                .iter()
                .flat_map(|package| ["--package", package])
                .collect()
        };
        let mut tests = cargo(project, if nextest { &["nextest", "run"] } else { &["test"] });
        // A failure is no reason to hear nothing of the other tests.
        tests.arg("--no-fail-fast").args(selected());
        if nextest {
            tests.args(chosen(end_to_end && self.packages.is_empty(), left_out));
        } else {
            tests.arg("--");
            if left_out {
                tests.args(["--skip", IN_BROWSER]);
            }
        }
        tests.args(&self.filters);
        let mut commands = vec![tests];
        if nextest && self.filters.is_empty() && !end_to_end {
            let mut examples = cargo(project, &["test", "--doc"]);
            examples.args(selected());
            commands.push(examples);
        }
        commands
    }
}

/// The options with which nextest chooses the end-to-end suite alone, or leaves out its tests in a browser, or both.
fn chosen(end_to_end: bool, left_out: bool) -> Vec<String> {
    let suite = format!("package({END_TO_END})");
    let in_browser = format!("{suite} & test(/^{IN_BROWSER}/)");
    let set = match (end_to_end, left_out) {
        (false, false) => return Vec::new(),
        (true, false) => suite,
        (false, true) => format!("not ({in_browser})"),
        (true, true) => format!("{suite} & not ({in_browser})"),
    };
    vec!["--filterset".to_owned(), set]
}

/// PgBouncer, before the server that the tests make their databases on.
fn start_pgbouncer(services: &Services) -> Result<PgBouncer> {
    step("Starting PgBouncer");
    let url = Url::parse(&services.database_url("postgres")).context("DATABASE_URL is no URL")?;
    Ok(PgBouncer::start(&services.folder().join("pgbouncer"), &url)?)
}

fn has_nextest() -> bool {
    let mut version = Command::new("cargo-nextest");
    run(version
        .args(["nextest", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null()))
    .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::shown;

    fn check(test: &Test, nextest: bool, expected: &[&str]) {
        check_with(test, nextest, true, expected);
    }

    fn check_with(test: &Test, nextest: bool, in_browser: bool, expected: &[&str]) {
        let project = Project::find().unwrap();
        let commands = test.commands(&project, nextest, in_browser);
        let commands: Vec<_> = commands.iter().map(shown).collect();
        let commands: Vec<_> = commands.iter().map(|line| line.split_once(' ').unwrap().1).collect();
        assert_eq!(commands, expected);
    }

    #[test]
    fn nextest_is_used_where_it_is_installed() {
        let all = Test::default();
        check(
            &all,
            true,
            &["nextest run --no-fail-fast --workspace", "test --doc --workspace"],
        );
        check(&all, false, &["test --no-fail-fast --workspace --"]);
    }

    #[test]
    fn another_host_is_for_the_end_to_end_suite() {
        let like_spin = Test {
            filters: vec!["one".into()],
            like_spin: true,
            ..Test::default()
        };
        check(
            &like_spin,
            true,
            &["nextest run --no-fail-fast --workspace --filterset package(runledger-tests) one"],
        );
        check(
            &like_spin,
            false,
            &["test --no-fail-fast --package runledger-tests -- one"],
        );
    }

    #[test]
    fn only_the_end_to_end_suite_needs_the_application() {
        for (packages, needed) in [
            (&[] as &[_], true),
            (&["runledger-tests"], true),
            (&["runledger-store", "runledger-tests"], true),
            (&["runledger-*"], true),
            (&["runledger-store"], false),
            (&["runledger-local", "xtask"], false),
        ] {
            let test = Test {
                packages: packages.iter().map(|&package| package.to_owned()).collect(),
                ..Test::default()
            };
            assert_eq!(test.includes_end_to_end(), needed, "{packages:?}");
        }
    }

    #[test]
    fn without_a_browser_its_tests_are_left_out() {
        let one = Test {
            filters: vec!["one".into()],
            ..Test::default()
        };
        let left_out = "not (package(runledger-tests) & test(/^browser::/))";
        let expected = format!("nextest run --no-fail-fast --workspace --filterset {left_out} one");
        check_with(&one, true, false, &[&expected]);
        check_with(
            &one,
            false,
            false,
            &["test --no-fail-fast --workspace -- --skip browser:: one"],
        );
        let like_spin = Test { like_spin: true, ..one };
        let expected =
            format!("nextest run --no-fail-fast --workspace --filterset package(runledger-tests) & {left_out} one");
        check_with(&like_spin, true, false, &[&expected]);
        let other = Test {
            packages: vec!["runledger-store".into()],
            filters: vec!["one".into()],
            ..Test::default()
        };
        check_with(
            &other,
            true,
            false,
            &["nextest run --no-fail-fast --package runledger-store one"],
        );
    }

    #[test]
    fn filters_and_packages_select_tests() {
        let some = Test {
            filters: vec!["one".into(), "two".into()],
            packages: vec!["runledger-store".into()],
            ..Test::default()
        };
        check(
            &some,
            true,
            &["nextest run --no-fail-fast --package runledger-store one two"],
        );
        check(
            &some,
            false,
            &["test --no-fail-fast --package runledger-store -- one two"],
        );
    }
}
