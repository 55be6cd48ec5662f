//! The command line.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser};

use crate::pace::Patience;

/// Serves a Spin application's HTTP components on one machine.
#[derive(Debug, Clone, Parser)]
#[command(name = "runledger-local", version)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Options {
    /// The application's manifest.
    #[arg(long, value_name = "FILE", default_value = "spin.toml")]
    pub from: PathBuf,
    /// A manifest with cron triggers: the jobs named there are run at their times.
    #[arg(long, value_name = "FILE")]
    pub cron: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,
    /// Ends when a setting of the application cannot be used, instead of serving errors until it is repaired.
    #[arg(long)]
    pub require_usable_settings: bool,
    /// Where compiled components are kept.
    #[arg(long, value_name = "DIR", default_value = "target/local")]
    pub state_dir: PathBuf,
    /// Sets a variable of the application; goes before SPIN_VARIABLE_<NAME> of the environment.
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    pub variable: Vec<(String, String)>,
    /// What to log: error, warn, info, debug, or directives such as `info,runledger_local=debug`.
    #[arg(long, value_name = "LEVEL", env = "RUNLEDGER_LOG", default_value = "info")]
    pub log: String,
    /// Instead of serving: instantiates each component this many times and prints how long that took, as JSON.
    #[arg(long, value_name = "TIMES")]
    pub measure_cold_start: Option<usize>,
    /// Behaves as Spin's host does, so that what only shows there shows here: 16 requests at once in an instance and 128 in
    /// its life, one server connection for each that a component opens, statements of one in turn and prepared anew, JSON
    /// read on its way, columns known from rows alone, a connection for each opening of Redis, small packets held back.
    #[arg(long)]
    pub like_spin: bool,
    /// Sends statements without names, each in one round trip, as poolers want it that keep no prepared statements
    /// (PgBouncer before 1.21, in transaction mode). Costs planning each time; an empty result has no columns then.
    #[arg(long, conflicts_with = "like_spin")]
    pub unnamed_statements: bool,
    /// Instead of serving: calls each component with a cron trigger once, as Spin's trigger does at its time.
    #[arg(long, conflicts_with_all = ["cron", "measure_cold_start"])]
    pub trigger_cron: bool,
    /// The certificates, as PEM, that a Redis server's own must lead to at `rediss://` addresses; else the usual public ones.
    #[arg(long, value_name = "FILE")]
    pub redis_ca: Option<PathBuf>,
    /// Limits of requests, instances and connections.
    #[command(flatten)]
    pub limits: Limits,
}

impl Options {
    /// The limits, with Spin's own where its host is to be imitated.
    pub(crate) fn limits(&self) -> Limits {
        let limits = self.limits.clone();
        if !self.like_spin {
            return limits;
        }
        Limits {
            max_instance_requests: 128,
            max_instance_concurrency: 16,
            postgres_connections: 64,
            // Who waits for one of its connections waits as long as the request may take.
            postgres_wait_ms: limits.request_deadline_ms,
            ..limits
        }
    }
}

/// Limits of requests, instances and connections.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// Requests that are served at once.
    #[arg(long, value_name = "COUNT", default_value_t = 256)]
    pub max_in_flight: usize,
    /// Requests that wait while so many are served; one more is answered 503.
    #[arg(long, value_name = "COUNT", default_value_t = 1024)]
    pub max_queued: usize,
    /// Event streams that are open at once, besides those requests; one more is answered 503.
    #[arg(long, value_name = "COUNT", default_value_t = 1024)]
    pub max_streams: usize,
    /// Responses of more than 64 KiB that are on their way to their peers, besides those requests; one more keeps its
    /// place among the requests.
    #[arg(long, value_name = "COUNT", default_value_t = 512)]
    pub max_sending: usize,
    /// Connections that are open at once; one more is answered 503 and closed.
    #[arg(long, value_name = "COUNT", default_value_t = 4096)]
    pub max_connections: usize,
    /// Connections from one address (with IPv6: one network of 64 bits); 0 is no limit. Unless given: 1024, and no limit
    /// for loopback addresses, where a proxy speaks for everybody. Give 0 behind a proxy on another machine.
    #[arg(long, value_name = "COUNT")]
    pub max_connections_per_address: Option<usize>,
    /// How long a connection may be without the whole head of its next request, before it is closed.
    #[arg(long, value_name = "MS", default_value = "30000", value_parser = milliseconds)]
    pub header_deadline_ms: Duration,
    /// How long a peer may take nothing of a response, or send nothing of a body, before it is cut off (a body is
    /// answered 408). An eighth of it while places are short; 0 is for ever.
    #[arg(long, value_name = "MS", default_value = "90000", value_parser = milliseconds)]
    pub peer_patience_ms: Duration,
    /// Bytes per second that a peer has to take or send on average, to be waited for again.
    #[arg(long, value_name = "BYTES", default_value_t = 1024)]
    pub min_peer_rate: u64,
    /// How long a peer that acknowledges nothing counts as there (TCP_USER_TIMEOUT, which holds for one that takes nothing
    /// too, so that it has to be more than its patience; and keep-alive); 0 is as the system does it.
    #[arg(long, value_name = "MS", default_value = "120000", value_parser = milliseconds)]
    pub dead_peer_ms: Duration,
    /// MiB of bodies that are read before their requests have a place.
    #[arg(long, value_name = "MIB", default_value_t = 64)]
    pub read_ahead_mib: usize,
    /// How long a request may wait before it is answered 503.
    #[arg(long, value_name = "MS", default_value = "2000", value_parser = milliseconds)]
    pub queue_deadline_ms: Duration,
    /// How long a request may take before it is answered 504.
    #[arg(long, value_name = "MS", default_value = "30000", value_parser = milliseconds)]
    pub request_deadline_ms: Duration,
    /// How long an instance may go on with responses that have begun, such as event streams.
    #[arg(long, value_name = "MS", default_value = "3600000", value_parser = milliseconds)]
    pub stream_deadline_ms: Duration,
    /// How long requests in flight may go on after a signal to stop.
    #[arg(long, value_name = "MS", default_value = "10000", value_parser = milliseconds)]
    pub shutdown_deadline_ms: Duration,
    /// Bytes of a request's body; more is answered 413.
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 20)]
    pub max_body_bytes: u64,
    /// Requests in the life of an instance. (Spin's default is 128.)
    #[arg(long, value_name = "COUNT", default_value_t = 1024)]
    pub max_instance_requests: usize,
    /// Requests that one instance serves at once; those share its fate. (Spin's default is 16; one at a time is faster
    /// here, and a component that fails then costs one request only.)
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    pub max_instance_concurrency: usize,
    /// How long an instance without requests is kept.
    #[arg(long, value_name = "MS", default_value = "1000", value_parser = milliseconds)]
    pub instance_idle_ms: Duration,
    /// MiB of memory of an instance.
    #[arg(long, value_name = "MIB", default_value_t = 256)]
    pub instance_memory_mib: usize,
    /// MiB of memory that all instances may have together; a request that needs more is answered 503.
    #[arg(long, value_name = "MIB", default_value_t = 4096)]
    pub memory_mib: usize,
    /// Connections to each Postgres address.
    #[arg(long, value_name = "COUNT", default_value_t = 16)]
    pub postgres_connections: usize,
    /// How long a statement waits for a connection.
    #[arg(long, value_name = "MS", default_value = "5000", value_parser = milliseconds)]
    pub postgres_wait_ms: Duration,
    /// How long connecting to Postgres or Redis may take.
    #[arg(long, value_name = "MS", default_value = "5000", value_parser = milliseconds)]
    pub connect_timeout_ms: Duration,
    /// How long Redis may take to answer (commands that wait by design excepted).
    #[arg(long, value_name = "MS", default_value = "5000", value_parser = milliseconds)]
    pub redis_response_ms: Duration,
}

impl Limits {
    /// How long a peer is waited for.
    pub(crate) fn patience(&self) -> Patience {
        Patience {
            limit: self.peer_patience_ms,
            bytes_per_second: self.min_peer_rate,
        }
    }
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .map(Duration::from_millis)
        .map_err(|error| format!("a number of milliseconds is wanted: {error}"))
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        // Not repeated here: it may be a secret.
        None => Err("NAME=VALUE is wanted".to_owned()),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The limits that the command line `arguments` gives.
    pub(crate) fn limits(arguments: &[&str]) -> Limits {
        Options::parse_from(["runledger-local"].iter().chain(arguments)).limits
    }

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Options::command().debug_assert();
    }
}
