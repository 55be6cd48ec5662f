//! A private Redis (or Valkey).

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;

use super::account::Account;
use super::folder::{REDIS_USERS, place, private_file, private_folder};
use super::process::{Server, launch, on_port, server_command, stop_stray};
use super::{Doing as _, Error, random_hex, redis_program};

const PATIENCE: Duration = Duration::from_secs(30);

/// What kind of server to start.
#[derive(Debug, Clone)]
pub struct RedisConfig {
    /// The folder for the data, as `place` understands it.
    pub folder: PathBuf,
    /// Whether data is kept for the next run.
    pub keep: bool,
    /// Further settings, as in `redis.conf`.
    pub settings: Vec<(String, String)>,
}

impl RedisConfig {
    /// A server with its data in `folder`.
    pub fn new(folder: impl Into<PathBuf>, keep: bool) -> Self {
        Self {
            folder: folder.into(),
            keep,
            settings: Vec::new(),
        }
    }
}

/// A running private Redis; stopped when dropped.
#[derive(Debug)]
pub struct Redis {
    config: RedisConfig,
    program: PathBuf,
    account: Account,
    folder: PathBuf,
    password: String,
    port: u16,
    server: Option<Server>,
}

impl Redis {
    /// Starts a server, after stopping one that an earlier process left running in this folder.
    pub fn start(config: RedisConfig) -> Result<Self, Error> {
        let program = redis_program()?;
        let account = Account::choose(&REDIS_USERS)?;
        let folder = place(&config.folder, &account)?;
        private_folder(&folder.join("data"), &account)?;
        let password = random_hex(24)?;
        let mut redis = Self {
            config,
            program,
            account,
            folder,
            password,
            port: 0,
            server: None,
        };
        redis.stop_predecessor();
        redis.restart()?;
        Ok(redis)
    }

    /// The server's URL.
    pub fn url(&self) -> String {
        format!("redis://:{}@127.0.0.1:{}", self.password, self.port)
    }

    /// The port on 127.0.0.1; it stays the same over [`Redis::restart`].
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where the data and the log are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts the server again, on the port it had.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.stop()?;
        let (port, server) = on_port(self.port, "in use", |port| self.launch(port))?;
        (self.port, self.server) = (port, Some(server));
        Ok(())
    }

    /// Has the server do nothing, as if the way to it were cut: connections stand, and nothing is answered.
    pub fn freeze(&self) -> Result<(), Error> {
        self.server
            .as_ref()
            .map_or(Ok(()), |server| server.signal(Signal::SIGSTOP))
    }

    /// Has a frozen server go on.
    pub fn thaw(&self) -> Result<(), Error> {
        self.server
            .as_ref()
            .map_or(Ok(()), |server| server.signal(Signal::SIGCONT))
    }

    /// Stops the server.
    pub fn stop(&mut self) -> Result<(), Error> {
        if let Some(mut server) = self.server.take() {
            server.stop()?;
        }
        Ok(())
    }

    /// Stops the server and removes its data.
    pub fn remove(mut self) -> Result<(), Error> {
        self.stop()?;
        fs::remove_dir_all(&self.folder).doing("remove", &self.folder)
    }

    fn launch(&self, port: u16) -> Result<Server, Error> {
        let settings = self.settings_file();
        private_file(&settings, &self.settings(port), &self.account)?;
        let mut command = server_command(&self.program);
        command.arg(&settings);
        let (command, log) = (self.account.applied_to(command), self.folder.join("log"));
        launch("Redis", command, &log, Signal::SIGTERM, PATIENCE, |_| {
            answers(port, &self.password)
        })
    }

    /// In a file rather than on the command line, which every user of the machine can read.
    fn settings(&self, port: u16) -> String {
        let data = quoted(&self.folder.join("data"));
        let pid_file = quoted(&self.pid_file());
        let keep = if self.config.keep { "yes" } else { "no" };
        let further = self.config.settings.iter();
        let further: Vec<_> = further.map(|(name, value)| format!("{name} {value}\n")).collect();
        let further = further.concat();
        format!(
            "bind 127.0.0.1\nport {port}\nrequirepass {}\ndir {data}\npidfile {pid_file}\nset-proc-title no\nsave \"\"\n\
             appendonly {keep}\nmaxclients 1000\n{further}",
            self.password
        )
    }

    fn settings_file(&self) -> PathBuf {
        self.folder.join("redis.conf")
    }

    fn pid_file(&self) -> PathBuf {
        self.folder.join("data/redis.pid")
    }

    /// Stops the server of a process that was killed together with everything that should have stopped the server.
    fn stop_predecessor(&self) {
        let text = fs::read_to_string(self.pid_file()).unwrap_or_default();
        if let Ok(pid) = text.trim().parse() {
            let signals = [Signal::SIGTERM, Signal::SIGKILL];
            stop_stray(
                pid,
                &self.settings_file().to_string_lossy(),
                &signals,
                Duration::from_secs(20),
            );
        }
    }
}

fn quoted(path: &Path) -> String {
    format!(
        "\"{}\"",
        path.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"")
    )
}

/// Whether a server on this port knows the password and has read its data.
fn answers(port: u16, password: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(format!("AUTH {password}\r\nPING\r\nQUIT\r\n").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("+OK\r\n+PONG\r\n"))
    };
    ask().unwrap_or(false)
}
