//! The servers that are measured: child processes that serve the same application with the same settings.

use std::{
    env,
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde::Serialize;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};
use url::Url;
use uuid::Uuid;

use crate::options::Options;

/// How long a server may take until it serves; the host may have to compile its components.
const START_PATIENCE: Duration = Duration::from_mins(2);
/// How long a server may take to stop.
const STOP_PATIENCE: Duration = Duration::from_secs(10);
/// Linux counts the time of processes in ticks; on every platform that Rust knows there are so many in a second.
const TICKS: u64 = 100;

/// The two sides of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Side {
    /// The components in the local host.
    Host,
    /// The same requests served natively.
    Baseline,
}

impl Side {
    pub(crate) const BOTH: [Self; 2] = [Self::Host, Self::Baseline];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Baseline => "baseline",
        }
    }
}

/// What both sides are started with.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The host's program.
    pub(crate) host: PathBuf,
    /// The application's manifest.
    pub(crate) manifest: PathBuf,
    /// Where logs are written.
    pub(crate) output: PathBuf,
    /// The secret of the tokens.
    pub(crate) secret: String,
    /// Connections to Postgres.
    pub(crate) postgres_connections: usize,
    /// The Redis server, if there is to be one.
    pub(crate) redis: Option<Url>,
}

impl Settings {
    /// The settings of a run, with a secret of its own.
    pub(crate) fn new(options: &Options, redis: Option<Url>) -> Self {
        Self {
            host: options.host.clone(),
            manifest: options.manifest.clone(),
            output: options.output.clone(),
            secret: format!("{}{}", Uuid::now_v7().simple(), Uuid::now_v7().simple()),
            postgres_connections: options.connections,
            redis,
        }
    }

    /// The host's command, without what it is to do.
    pub(crate) fn host_command(&self, database: &Url) -> Result<Command> {
        let mut command = Command::new(&self.host);
        command.arg("--from").arg(&self.manifest);
        self.apply(&mut command, database)?;
        Ok(command)
    }

    fn command(&self, side: Side, database: &Url) -> Result<Command> {
        let mut command = match side {
            Side::Host => self.host_command(database)?,
            Side::Baseline => {
                let mut command = Command::new(env::current_exe()?);
                command.arg("baseline");
                self.apply(&mut command, database)?;
                command
            }
        };
        command.args(["--listen", "127.0.0.1:0", "--postgres-connections"]);
        command.arg(self.postgres_connections.to_string());
        Ok(command)
    }

    /// The application's variables, and nothing that was meant for another run of it.
    fn apply(&self, command: &mut Command, database: &Url) -> Result<()> {
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SPIN_VARIABLE_")) {
            command.env_remove(name);
        }
        let host = database.host_str().context("the database's URL names no host")?;
        let port = database.port().unwrap_or(5432);
        command
            .env("SPIN_VARIABLE_DATABASE_URL", database.as_str())
            .env("SPIN_VARIABLE_DATABASE_HOST", format!("{host}:{port}"))
            .env("SPIN_VARIABLE_JWT_SECRET", &self.secret)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        if let Some(redis) = &self.redis {
            let host = redis.host_str().context("the URL of Redis names no host")?;
            let port = redis.port().unwrap_or(6379);
            command
                .env("SPIN_VARIABLE_REDIS_URL", redis.as_str())
                .env("SPIN_VARIABLE_REDIS_HOST", format!("{host}:{port}"))
                // Nobody else who uses this server is to hear of this.
                .env(
                    "SPIN_VARIABLE_EVENT_BUS_NAME",
                    format!("runledger-bench-{}", std::process::id()),
                );
        }
        Ok(())
    }
}

/// A running server. Ended when dropped.
pub(crate) struct Server {
    /// Which side it is.
    pub(crate) side: Side,
    /// Where it serves.
    pub(crate) address: SocketAddr,
    child: Child,
    /// Held, so that the server can go on writing there.
    _stdout: Lines<BufReader<ChildStdout>>,
}

impl Server {
    /// Starts a side on `database`, with more arguments if there are any, and waits until it serves. Its log goes to the
    /// file `<name>.log` of the output folder.
    pub(crate) async fn start(
        side: Side,
        settings: &Settings,
        database: &Url,
        name: &str,
        arguments: &[&str],
    ) -> Result<Self> {
        let log_path = settings.output.join(format!("{name}.log"));
        let log = File::create(&log_path).with_context(|| format!("cannot write {}", log_path.display()))?;
        let mut command = settings.command(side, database)?;
        command.args(arguments).stdout(Stdio::piped()).stderr(log);
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot run {}", command.as_std().get_program().to_string_lossy()))?;
        let stdout = child.stdout.take().context("standard output is a pipe")?;
        let mut lines = BufReader::new(stdout).lines();
        let address = match timeout(START_PATIENCE, lines.next_line()).await {
            Ok(line) => line?.and_then(|line| line.strip_prefix("Serving http://")?.parse().ok()),
            Err(_) => None,
        };
        let Some(address) = address else {
            bail!(
                "the {} does not serve; its log ends with:\n{}",
                side.name(),
                tail(&log_path)
            );
        };
        Ok(Self {
            side,
            address,
            child,
            _stdout: lines,
        })
    }

    /// The process's id.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// The processor time that it has used, where the system tells (Linux).
    pub(crate) fn cpu_time(&self) -> Option<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()?)).ok()?;
        let ticks = ticks(&stat)?;
        Some(Duration::from_millis(ticks * 1000 / TICKS))
    }

    /// Stops it.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let pid = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(pid) = pid {
            kill(Pid::from_raw(pid), Signal::SIGTERM)?;
        }
        if timeout(STOP_PATIENCE, self.child.wait()).await.is_err() {
            self.child.kill().await?;
        }
        Ok(())
    }
}

/// User and system time in a line of `/proc/<pid>/stat`, in ticks.
fn ticks(stat: &str) -> Option<u64> {
    // The second field is the program's name in parentheses, and may hold anything.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some(next()? + next()?)
}

fn tail(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_found_whatever_the_program_is_called() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194304 100 0 0 0 123 45 0 0 20 0 1 0 9 9 9";
        assert_eq!(ticks(stat), Some(168));
        assert_eq!(ticks(""), None);
    }
}
