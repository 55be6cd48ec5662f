//! Private instances of the installed PostgreSQL and Redis: for `cargo xtask up`, for the tests, and for the tests that
//! kill a server.
//!
//! A server listens on 127.0.0.1 alone, behind a password that is made for it, and opens no Unix socket. It ends with
//! the value that stands for it, and also when this process is killed. Started by root, which PostgreSQL refuses to run
//! as, it runs as another user.
//!
//! Nothing here is asynchronous, so that any test can use it.

mod account;
mod folder;
mod installed;
mod pgbouncer;
mod postgres;
mod process;
mod redis;

use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

pub use folder::{Lock, place};
pub use installed::{POSTGRES_FOLDER, pgbouncer_program, postgres_folder, redis_program};
pub use pgbouncer::PgBouncer;
pub use postgres::{Durability, Postgres, PostgresConfig};
pub use process::{Server, stop_stray};
pub use redis::{Redis, RedisConfig};

pub use nix::sys::signal::Signal;

/// Why a server could not be found, started or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The program is not on this machine.
    #[error("{0} is not installed")]
    NotInstalled(&'static str),
    /// The program is there, but too old.
    #[error("{program} {found} is installed, {needed} or newer is needed")]
    TooOld {
        /// What was looked for.
        program: &'static str,
        /// The newest major version that was found.
        found: u32,
        /// The oldest major version that will do.
        needed: u32,
    },
    /// The server ended, or said nothing, before it was ready.
    #[error("{program} did not start: {reason}\n{log}")]
    NotStarted {
        /// What was started.
        program: &'static str,
        /// What happened instead.
        reason: String,
        /// The end of its log.
        log: String,
    },
    /// The data folder belongs to somebody else.
    #[error("{0}")]
    Folder(String),
    /// The operating system said no.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done.
        doing: String,
        /// What the operating system said.
        source: io::Error,
    },
}

/// Says what was being done when the operating system said no.
trait Doing<T> {
    fn doing(self, what: &str, path: &Path) -> Result<T, Error>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, what: &str, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error::Io {
            doing: format!("{what} {}", path.display()),
            source,
        })
    }
}

/// A port of 127.0.0.1 that was free a moment ago.
pub fn free_port() -> Result<u16, Error> {
    std::net::TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .doing("find a free port on", Path::new("127.0.0.1"))
}

/// How often a port is tried that somebody else has by then.
const ATTEMPTS: usize = 5;
/// The time between two tries of the same port.
const AGAIN: Duration = Duration::from_millis(300);

/// The port that a server is to listen on.
#[derive(Debug, Clone, Copy)]
enum Port {
    /// The one that it was told.
    Given(u16),
    /// The one that it had. It may have gone to somebody's connection while the server was down: not for long.
    Kept(u16),
    /// Any that is free.
    Free,
}

impl Port {
    fn of(given: Option<u16>, before: u16) -> Self {
        match (given, before) {
            (Some(port), _) => Self::Given(port),
            (None, 0) => Self::Free,
            (None, port) => Self::Kept(port),
        }
    }

    /// Launches a server on it, and again where its log has `taken`: that somebody else has the port.
    fn launch<T>(self, taken: &str, mut launch: impl FnMut(u16) -> Result<T, Error>) -> Result<T, Error> {
        let mut tried = 0;
        loop {
            let outcome = launch(match self {
                Self::Given(port) | Self::Kept(port) => port,
                Self::Free => free_port()?,
            });
            tried += 1;
            let is_taken = matches!(&outcome, Err(Error::NotStarted { log, .. }) if log.contains(taken));
            match self {
                Self::Kept(_) if is_taken && tried < ATTEMPTS => thread::sleep(AGAIN),
                Self::Free if is_taken && tried < ATTEMPTS => {}
                _ => return outcome,
            }
        }
    }
}

/// `bytes` random bytes as hexadecimal text.
pub fn random_hex(bytes: usize) -> Result<String, Error> {
    use std::fmt::Write as _;
    use std::io::Read as _;

    let source = Path::new("/dev/urandom");
    let mut random = vec![0; bytes];
    std::fs::File::open(source)
        .and_then(|mut file| file.read_exact(&mut random))
        .doing("read", source)?;
    Ok(random.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}
