//! The PostgreSQL and the Redis that a command works with: the ones that the environment names, or private ones.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use xtask::servers::{Durability, Error, Lock, Postgres, PostgresConfig, Redis, RedisConfig};

use crate::interrupt;
use crate::project::Project;
use crate::run::step;
use crate::setup::browser;
use crate::setup::environment::{database_url, redis_url};
use crate::setup::install::{self, Consent};
use crate::setup::toolchain;

/// What the servers are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Running the application: its data is kept.
    Up,
    /// Testing: fast and forgotten.
    Test,
    /// Measuring: as careful as in production, and forgotten.
    Bench,
    /// Photographing the pages: fast and forgotten.
    Pictures,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Test => "test",
            Self::Bench => "bench",
            Self::Pictures => "pictures",
        }
    }

    fn postgres(self, folder: PathBuf) -> PostgresConfig {
        let durability = if matches!(self, Self::Test | Self::Pictures) {
            Durability::Throwaway
        } else {
            Durability::Kept
        };
        let mut config = PostgresConfig::new(folder, durability);
        config.fresh = self != Self::Up;
        config.settings = match self {
            Self::Up | Self::Pictures => vec![],
            // Tests clone many small databases.
            Self::Test => vec![("shared_buffers", "256MB")],
            Self::Bench => vec![
                ("shared_buffers", "1GB"),
                ("max_wal_size", "4GB"),
                ("random_page_cost", "1.1"),
            ],
        };
        config
    }
}

/// Which servers a command will use; found out before anything long is built.
#[derive(Debug)]
pub(crate) struct Plan {
    purpose: Purpose,
    state: State,
    database_url: Option<String>,
    /// Where Redis is, empty for none; `None` for a private one.
    redis_url: Option<String>,
}

/// Installs all that a command would install.
pub(crate) fn install_everything(project: &Project, consent: Consent) -> Result<()> {
    interrupt::listen()?;
    toolchain::ensure_target(project)?;
    Plan::make(project, Purpose::Test, consent)?;
    install::pgbouncer(consent)?;
    browser::install(project, consent)?;
    step("Everything is installed");
    Ok(())
}

impl Plan {
    /// Takes a data folder, looks for servers, and installs what is missing if the person agrees.
    pub(crate) fn make(project: &Project, purpose: Purpose, consent: Consent) -> Result<Self> {
        let database_url = database_url();
        let given = database_url.is_some() && redis_url().is_some();
        let state = State::take(project, purpose, purpose == Purpose::Up && !given)?;
        if database_url.is_none() {
            install::postgres(consent)?;
        }
        let mut redis_url = redis_url();
        if redis_url.is_none()
            && let Err(error) = install::redis(consent)
        {
            // The application runs without it; its tests would prove less than they say.
            if purpose != Purpose::Up {
                return Err(error).context("Redis is needed: install it, or set REDIS_URL (empty to do without)");
            }
            eprintln!("warning: {error:#}; going on without Redis");
            redis_url = Some(String::new());
        }
        interrupt::check()?;
        Ok(Self {
            purpose,
            state,
            database_url,
            redis_url,
        })
    }

    /// The folder of this run.
    pub(crate) fn folder(&self) -> &Path {
        &self.state.folder
    }

    /// Starts what is to be started.
    pub(crate) fn start(self) -> Result<Services> {
        let mut services = Services {
            purpose: self.purpose,
            redis: None,
            postgres: None,
            given: self.database_url,
            redis_url: String::new(),
            state: self.state,
        };
        match self.redis_url {
            Some(url) => services.redis_url = url,
            None => services.start_redis()?,
        }
        if services.given.is_none() {
            services.start_postgres()?;
        }
        interrupt::check()?;
        Ok(services)
    }
}

/// Running servers. Dropping this value stops those that it started; Redis first, by the order of the fields.
#[derive(Debug)]
pub(crate) struct Services {
    purpose: Purpose,
    redis: Option<Redis>,
    postgres: Option<Postgres>,
    given: Option<String>,
    redis_url: String,
    state: State,
}

impl Services {
    /// The URL of the database `name` of the private server, or the URL that was given.
    pub(crate) fn database_url(&self, name: &str) -> String {
        match (&self.given, &self.postgres) {
            (Some(url), _) => url.clone(),
            (None, Some(postgres)) => postgres.url(name),
            (None, None) => String::new(),
        }
    }

    /// Whether the server is a private one.
    pub(crate) fn owns_database(&self) -> bool {
        self.postgres.is_some()
    }

    /// The folder of the private server's programs.
    pub(crate) fn postgres_programs(&self) -> Option<&Path> {
        self.postgres.as_ref().map(Postgres::programs)
    }

    /// Redis's URL, empty where there is none.
    pub(crate) fn redis_url(&self) -> &str {
        &self.redis_url
    }

    /// The folder of this run.
    pub(crate) fn folder(&self) -> &Path {
        &self.state.folder
    }

    /// One line about each server, for a person.
    pub(crate) fn describe(&self) -> Vec<String> {
        let postgres = match &self.postgres {
            Some(server) => {
                format!(
                    "PostgreSQL on 127.0.0.1:{}, in {}",
                    server.port(),
                    server.folder().display()
                )
            }
            None => "PostgreSQL as DATABASE_URL says".to_owned(),
        };
        let redis = match &self.redis {
            Some(server) => format!("Redis on 127.0.0.1:{}, in {}", server.port(), server.folder().display()),
            None if self.redis_url.is_empty() => "no Redis".to_owned(),
            None => "Redis as REDIS_URL says".to_owned(),
        };
        vec![postgres, redis]
    }

    /// Fails when the private PostgreSQL has ended by itself.
    pub(crate) fn check(&mut self) -> Result<()> {
        if let Some(postgres) = &mut self.postgres
            && postgres.ended()?
        {
            bail!(
                "PostgreSQL has ended; its log is {}",
                postgres.folder().join("log").display()
            );
        }
        Ok(())
    }

    /// Stops what was started, and removes what was only for this run.
    pub(crate) fn stop(mut self) -> Result<()> {
        let (redis, postgres) = (self.redis.take(), self.postgres.take());
        if self.purpose == Purpose::Up {
            if let Some(mut redis) = redis {
                redis.stop()?;
            }
            if let Some(mut postgres) = postgres {
                postgres.stop()?;
            }
            return Ok(());
        }
        if let Some(redis) = redis {
            redis.remove()?;
        }
        if let Some(postgres) = postgres {
            postgres.remove()?;
        }
        fs::remove_dir_all(self.folder()).with_context(|| format!("remove {}", self.folder().display()))
    }

    fn start_redis(&mut self) -> Result<()> {
        step("Starting Redis");
        let config = RedisConfig::new(self.folder().join("redis"), self.purpose == Purpose::Up);
        match Redis::start(config) {
            Ok(redis) => {
                self.redis_url = redis.url();
                self.redis = Some(redis);
            }
            Err(error) if self.purpose == Purpose::Up => eprintln!("warning: {error}; going on without Redis"),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn start_postgres(&mut self) -> Result<()> {
        let wanted = self.folder().join("postgres");
        step("Starting PostgreSQL");
        let postgres = Postgres::start(self.purpose.postgres(wanted.clone())).map_err(|error| self.explain(error))?;
        if !postgres.folder().starts_with(self.folder())
            && let Some(user) = postgres.runs_as()
        {
            eprintln!(
                "    root may not run it, and the user {user} cannot reach {}: its data is in {}",
                wanted.display(),
                postgres.folder().display()
            );
        }
        self.postgres = Some(postgres);
        Ok(())
    }

    fn explain(&self, error: Error) -> anyhow::Error {
        let incompatible = matches!(&error, Error::NotStarted { log, .. } if log.contains("incompatible with server"));
        let error = anyhow::Error::from(error);
        if !incompatible {
            return error;
        }
        error.context(format!(
            "the data was made by another version of PostgreSQL: name that one's folder in {}, or remove {} to begin anew",
            xtask::servers::POSTGRES_FOLDER,
            self.folder().join("postgres").display()
        ))
    }
}

/// The folder of a run, which no other run has at the same time.
#[derive(Debug)]
struct State {
    folder: PathBuf,
    _lock: Lock,
}

impl State {
    /// `alone`: the folder keeps data, so there is one; else runs may be beside each other.
    fn take(project: &Project, purpose: Purpose, alone: bool) -> Result<Self> {
        let name = purpose.name();
        let slots = if alone { 1 } else { 8 };
        for slot in 1..=slots {
            let folder = project.state(&if slot == 1 {
                name.to_owned()
            } else {
                format!("{name}-{slot}")
            });
            if let Some(lock) = Lock::take(&folder)? {
                return Ok(Self { folder, _lock: lock });
            }
        }
        let holder = Lock::holder(&project.state(name)).map_or_else(String::new, |pid| format!(" (process {pid})"));
        bail!(
            "another `cargo xtask {name}`{holder} uses {}: stop it first",
            project.state(name).display()
        )
    }
}
