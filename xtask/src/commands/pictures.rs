//! `cargo xtask pictures`: photographs the pages, with the demo world in them, for `docs/pictures`.

use std::fs::File;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use xtask::servers::random_hex;

use crate::commands::token::{self, Role};
use crate::demo::{self, Outcome};
use crate::interrupt;
use crate::project::Project;
use crate::run::{status, step};
use crate::setup::install::{self, Consent};
use crate::setup::services::{Plan, Purpose, Services};
use crate::setup::{application, build, database, environment, secret};

/// What takes them: a program of `tests/browser`.
const CAMERA: &str = "runledger-pictures";

const ADMIN: &str = "demo-admin";

const TOKEN_SECONDS: u64 = 3600;

/// How long the application may take to stop.
const GRACE: Duration = Duration::from_secs(20);

#[derive(Debug, Args)]
pub(crate) struct Pictures {
    /// Photograph the application that runs here instead of one of its own. It has the demo world, or its database is empty
    /// and DATABASE_URL; SPIN_VARIABLE_JWT_SECRET is its secret.
    #[arg(long, value_name = "URL")]
    of: Option<String>,
    /// Where the pictures go.
    #[arg(long, default_value = "docs/pictures", value_name = "FOLDER")]
    folder: PathBuf,
    /// Install missing servers, and a browser, without asking.
    #[arg(long)]
    yes: bool,
}

/// An application to photograph.
struct Sitter<'a> {
    url: &'a str,
    secret: &'a str,
    /// Where the world is made, unless it is there.
    database_url: Option<String>,
}

impl Pictures {
    /// Whether all pictures were taken.
    pub(crate) fn run(self, project: &Project) -> Result<bool> {
        interrupt::listen()?;
        let consent = Consent::new(self.yes);
        if let Some(url) = &self.of {
            let secret = secret::configured(project)?.context("SPIN_VARIABLE_JWT_SECRET is not set")?;
            install::browser(consent)?;
            build::programs(project, "the camera", &["--bin", CAMERA])?;
            let sitter = Sitter {
                url: url.trim_end_matches('/'),
                secret: &secret,
                database_url: environment::database_url(),
            };
            return self.photograph(project, &sitter);
        }
        let plan = Plan::make(project, Purpose::Pictures, consent)?;
        install::browser(consent)?;
        build::components(project, build::Profile::Shipped)?;
        build::programs(
            project,
            "the host and the camera",
            &["--bin", "runledger-local", "--bin", CAMERA],
        )?;
        let services = plan.start()?;
        let outcome = self.of_our_own(project, &services);
        services.stop()?;
        outcome
    }

    /// Photographs an application that runs for that alone.
    fn of_our_own(&self, project: &Project, services: &Services) -> Result<bool> {
        let server = services.database_url("postgres");
        let name = format!("runledger_pictures_{}", random_hex(4)?);
        database::create(&server, &name)?;
        let outcome = self.of_database(project, services, database::beside(&server, &name)?);
        if !services.owns_database() {
            database::remove(&server, &name)?;
        }
        outcome
    }

    /// The same, in this empty database.
    fn of_database(&self, project: &Project, services: &Services, database_url: String) -> Result<bool> {
        step("Migrating the database");
        database::migrate(&database_url)?;
        interrupt::check()?;

        step("Starting the application");
        let log = project.state("pictures.log");
        let mut host = Command::new(project.host());
        environment::clear_application(&mut host);
        let secret = random_hex(48)?;
        host.arg("--from")
            .arg(project.spin_manifest())
            .args(["--listen", "127.0.0.1:0"])
            .envs(environment::of_application(
                &database_url,
                services.redis_url(),
                &secret,
            )?)
            .env("SPIN_VARIABLE_WEB_STYLEGUIDE", "true")
            .stderr(File::create(&log).with_context(|| format!("write {}", log.display()))?);
        let (mut host, url) = application::serve(project, host, GRACE)
            .with_context(|| format!("the application's log is {}", log.display()))?;
        let outcome = self.photograph(
            project,
            &Sitter {
                url: &url,
                secret: &secret,
                database_url: Some(database_url),
            },
        );
        if let Some(ended) = host.ended()? {
            bail!("the application ended with {ended}; its log is {}", log.display());
        }
        host.stop()?;
        outcome
    }

    /// Makes the world, where it is not there, and takes the pictures.
    fn photograph(&self, project: &Project, sitter: &Sitter<'_>) -> Result<bool> {
        let token = |subject, role| token::issue(sitter.secret, subject, role, TOKEN_SECONDS);
        let mut shared = None;
        if let Some(database_url) = &sitter.database_url {
            let target = demo::Target {
                url: sitter.url,
                database_url,
                token: token(demo::EXECUTOR, Role::Service)?,
                owner: demo::OWNER,
                seed: demo::SEED,
            };
            match demo::fill(&target)? {
                Outcome::Filled { shared_url, .. } => shared = Some(shared_url),
                Outcome::There => {}
                Outcome::Unfinished | Outcome::NotEmpty => bail!("the database has something else than the demo world"),
            }
        }
        interrupt::check()?;
        step("Taking the pictures");
        let mut camera = Command::new(project.target().join("debug").join(CAMERA));
        camera
            .args(["--url", sitter.url])
            .arg("--folder")
            .arg(project.root().join(&self.folder))
            .env("RUNLEDGER_USER_TOKEN", token(demo::OWNER, Role::User)?)
            .env("RUNLEDGER_ADMIN_TOKEN", token(ADMIN, Role::Admin)?);
        if let Some(shared) = &shared {
            camera.args(["--shared", shared]);
        }
        Ok(status(&mut camera)?.success())
    }
}
