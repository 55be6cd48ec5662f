//! A private PostgreSQL.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;

use super::account::Account;
use super::folder::{POSTGRES_USERS, place, private_file, private_folder};
use super::process::{Server, launch, on_port, server_command, stop_stray};
use super::{Doing as _, Error, postgres_folder, random_hex};

/// The superuser of a private server.
const USER: &str = "runledger";

const PATIENCE: Duration = Duration::from_mins(1);

/// What becomes of the data when the machine loses power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// What was committed is kept, whatever happens.
    Kept,
    /// Faster, for data that nobody will miss. Even a crash of the server alone loses the newest commits, so a test that
    /// kills the server and counts what is left wants [`Durability::Kept`].
    Throwaway,
}

/// What kind of server to start.
#[derive(Debug, Clone)]
pub struct PostgresConfig {
    /// The folder for the data, as `place` understands it.
    pub folder: PathBuf,
    /// Whether data that an earlier run left is removed first.
    pub fresh: bool,
    /// Whether data is worth waiting for the disk.
    pub durability: Durability,
    /// Further settings, as in `postgresql.conf`.
    pub settings: Vec<(&'static str, &'static str)>,
}

impl PostgresConfig {
    /// A server with its data in `folder`.
    pub fn new(folder: impl Into<PathBuf>, durability: Durability) -> Self {
        Self {
            folder: folder.into(),
            fresh: false,
            durability,
            settings: Vec::new(),
        }
    }
}

/// A running private PostgreSQL; stopped when dropped.
#[derive(Debug)]
pub struct Postgres {
    config: PostgresConfig,
    programs: PathBuf,
    account: Account,
    folder: PathBuf,
    password: String,
    port: u16,
    server: Option<Server>,
}

impl Postgres {
    /// Starts a server, after creating its data if there is none yet, and after stopping a server that an earlier
    /// process left running on it.
    pub fn start(config: PostgresConfig) -> Result<Self, Error> {
        let programs = postgres_folder()?;
        let account = Account::choose(&POSTGRES_USERS)?;
        let folder = place(&config.folder, &account)?;
        let mut postgres = Self {
            config,
            programs,
            account,
            folder,
            password: String::new(),
            port: 0,
            server: None,
        };
        postgres.stop_predecessor();
        let data = postgres.data();
        if postgres.config.fresh && data.exists() {
            fs::remove_dir_all(&data).doing("remove", &data)?;
        }
        postgres.password = initialise(&postgres.programs, &postgres.folder, &postgres.account)?;
        postgres.restart()?;
        Ok(postgres)
    }

    /// The URL of a database of this server, which may or may not exist yet; `postgres` always does.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}:{}@127.0.0.1:{}/{database}", self.password, self.port)
    }

    /// The port on 127.0.0.1; it stays the same over [`Postgres::restart`].
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where the data and the log are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of PostgreSQL's programs.
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// The user that the server runs as, when it is not the caller.
    pub fn runs_as(&self) -> Option<&str> {
        self.account.name()
    }

    /// How the server ended by itself, if it did.
    pub fn ended(&mut self) -> Result<bool, Error> {
        self.server
            .as_mut()
            .map_or(Ok(true), |server| Ok(server.ended()?.is_some()))
    }

    /// Starts the server again, on the port it had.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.stop()?;
        let (port, server) = on_port(self.port, "could not bind", |port| self.launch(port))?;
        (self.port, self.server) = (port, Some(server));
        Ok(())
    }

    /// Stops the server: clients are disconnected, everything is written.
    pub fn stop(&mut self) -> Result<(), Error> {
        self.finish(Signal::SIGINT)
    }

    /// Makes the server end at once, as a crash does: nothing is written any more, clients see their connections break,
    /// and the next start recovers from the log.
    pub fn crash(&mut self) -> Result<(), Error> {
        self.finish(Signal::SIGQUIT)
    }

    /// Stops the server and removes its data.
    pub fn remove(mut self) -> Result<(), Error> {
        self.stop()?;
        fs::remove_dir_all(&self.folder).doing("remove", &self.folder)
    }

    fn finish(&mut self, signal: Signal) -> Result<(), Error> {
        if let Some(mut server) = self.server.take() {
            server.end(signal)?;
        }
        Ok(())
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn launch(&self, port: u16) -> Result<Server, Error> {
        let mut command = server_command(&self.programs.join("postgres"));
        command.arg("-D").arg(self.data());
        let port = port.to_string();
        let mut settings = vec![
            ("listen_addresses", "127.0.0.1"),
            ("port", &port),
            ("unix_socket_directories", ""),
            ("max_connections", "300"),
            ("timezone", "UTC"),
            ("log_timezone", "UTC"),
        ];
        if self.config.durability == Durability::Throwaway {
            settings.extend([
                ("fsync", "off"),
                ("synchronous_commit", "off"),
                ("full_page_writes", "off"),
                ("wal_level", "minimal"),
                ("max_wal_senders", "0"),
                ("max_wal_size", "4GB"),
            ]);
        }
        settings.extend(&self.config.settings);
        for (name, value) in settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        let (command, log) = (self.account.applied_to(command), self.folder.join("log"));
        launch("PostgreSQL", command, &log, Signal::SIGINT, PATIENCE, |pid| {
            let text = fs::read_to_string(self.pid_file()).unwrap_or_default();
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            // The first line is the process, the eighth its state: how pg_ctl does it.
            lines.first() == Some(&pid.to_string().as_str()) && lines.get(7) == Some(&"ready")
        })
    }

    fn pid_file(&self) -> PathBuf {
        self.data().join("postmaster.pid")
    }

    /// Stops the server of a process that was killed together with everything that should have stopped the server.
    fn stop_predecessor(&self) {
        let text = fs::read_to_string(self.pid_file()).unwrap_or_default();
        if let Some(pid) = text.lines().next().and_then(|line| line.trim().parse().ok()) {
            let signals = [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGKILL];
            stop_stray(pid, &self.data().to_string_lossy(), &signals, Duration::from_secs(20));
        }
    }
}

/// Creates the data where there is none, and returns the superuser's password.
///
/// The password keeps the machine's other users out: on 127.0.0.1 they reach the port as well as we do, and whoever
/// enters as a superuser may run programs as the user that the server runs as.
fn initialise(programs: &Path, folder: &Path, account: &Account) -> Result<String, Error> {
    let (data, password_file) = (folder.join("data"), folder.join("password"));
    if data.is_dir() {
        return fs::read_to_string(&password_file).doing("read", &password_file);
    }
    // Renamed when it is complete, so that an interrupted start leaves nothing that looks like data.
    let unfinished = folder.join("data.unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).doing("remove", &unfinished)?;
    }
    private_folder(&unfinished, account)?;
    let password = random_hex(24)?;
    private_file(&password_file, &password, account)?;

    let mut command = server_command(&programs.join("initdb"));
    command
        .arg("--pgdata")
        .arg(&unfinished)
        .arg("--pwfile")
        .arg(&password_file);
    command.args([
        "--username",
        USER,
        "--auth",
        "scram-sha-256",
        "--encoding",
        "UTF8",
        "--no-locale",
        "--no-sync",
    ]);
    let output = account.applied_to(command).output().doing("run initdb of", programs)?;
    if !output.status.success() {
        return Err(Error::NotStarted {
            program: "PostgreSQL",
            reason: format!("initdb ended with {}", output.status),
            log: String::from_utf8_lossy(&output.stderr).into_owned(),
        });
    }
    fs::rename(&unfinished, &data).doing("rename", &unfinished)?;
    Ok(password)
}
