//! The command line.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};
use url::Url;

/// Measures the application in the local host against a native baseline.
#[derive(Debug, Parser)]
#[command(name = "runledger-benches", args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) options: Options,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serves the measured requests natively: what the host is compared with. Its settings come from the same
    /// SPIN_VARIABLE_<NAME> as the host's.
    Baseline(BaselineOptions),
    /// Measures what it costs to ask about history, and to keep it.
    History(Box<HistoryOptions>),
    /// Measures pages: whether they cost more as there is more history, and what open ones cost while nothing happens.
    Pages(Box<PagesOptions>),
    /// Measures how close a scoring job comes to the time that its model takes.
    Scoring(Box<Options>),
    /// Measures spends of credits against `pgbench`, which runs the same statement.
    Credits(Box<Options>),
}

#[derive(Debug, Args)]
pub(crate) struct HistoryOptions {
    #[command(flatten)]
    pub(crate) options: Options,
    /// How many executions each user has.
    #[arg(long, value_name = "COUNTS", value_delimiter = ',', default_value = "1000,100000,1000000",
        value_parser = clap::value_parser!(u32).range(100..=10_000_000))]
    pub(crate) executions: Vec<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct PagesOptions {
    #[command(flatten)]
    pub(crate) options: Options,
    /// How many runs the smaller and the larger ledger have.
    #[arg(long, value_name = "COUNTS", value_delimiter = ',', num_args = 2, default_value = "1000,1000000",
        value_parser = clap::value_parser!(u32).range(100..=10_000_000))]
    pub(crate) runs: Vec<u32>,
    /// How many nodes the smaller and the larger run have.
    #[arg(long, value_name = "COUNTS", value_delimiter = ',', num_args = 2, default_value = "100,100000",
        value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    pub(crate) nodes: Vec<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct BaselineOptions {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// Connections to Postgres.
    #[arg(long, value_name = "COUNT", default_value_t = 16)]
    pub(crate) postgres_connections: usize,
}

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A Postgres server, by TCP and without TLS. The benchmark makes a database of its own there, and removes it.
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: Option<Url>,
    /// A Redis server, for the events; without it, they are measured without.
    #[arg(long, value_name = "URL", env = "REDIS_URL", hide_env_values = true)]
    pub(crate) redis_url: Option<Url>,
    /// The local host.
    #[arg(
        long,
        value_name = "FILE",
        env = "RUNLEDGER_LOCAL_BIN",
        default_value = "target/release/runledger-local"
    )]
    pub(crate) host: PathBuf,
    /// The application's manifest.
    #[arg(long, value_name = "FILE", env = "RUNLEDGER_MANIFEST", default_value = "spin.toml")]
    pub(crate) manifest: PathBuf,
    /// PostgreSQL's own benchmark, which runs the plain SQL aggregate.
    #[arg(long, value_name = "FILE", env = "PGBENCH", default_value = "pgbench")]
    pub(crate) pgbench: PathBuf,
    /// Where the results and the servers' logs are written.
    #[arg(long, value_name = "DIR", default_value = "target/bench")]
    pub(crate) output: PathBuf,
    /// Connections that are kept open, each with one request at a time.
    #[arg(long, value_name = "COUNT", default_value_t = 16)]
    pub(crate) connections: usize,
    /// How often each side has its turn.
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// How long each turn is measured.
    #[arg(long, value_name = "SECONDS", default_value = "4", value_parser = seconds)]
    pub(crate) seconds: Duration,
    /// How long each turn goes on before it is measured.
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    pub(crate) warm_up: Duration,
    /// One short round of everything: whether it works, not how fast.
    #[arg(long, conflicts_with_all = ["rounds", "seconds", "warm_up"])]
    pub(crate) quick: bool,
    /// Fails when a target is not reached.
    #[arg(long)]
    pub(crate) enforce: bool,
}

impl Options {
    /// How often each side has its turn, how long it warms up, and how long it is measured.
    pub(crate) fn turns(&self) -> (u32, Duration, Duration) {
        if self.quick {
            (1, Duration::from_millis(300), Duration::from_secs(1))
        } else {
            (self.rounds, self.warm_up, self.seconds)
        }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.parse::<f64>().map_err(|error| error.to_string())?;
    match Duration::try_from_secs_f64(number) {
        Ok(duration) if duration <= Duration::from_mins(10) => Ok(duration),
        _ => Err("from 0 to 600 seconds are wanted".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }
}
