//! Private instances of the installed PostgreSQL and Redis: for `cargo xtask up`, for the tests, and for the tests that
//! kill a server.
//!
//! A server listens on 127.0.0.1 alone, behind a password that is made for it, and opens no Unix socket. It ends with
//! the value that stands for it, and also when this process is killed. Started by root, which PostgreSQL refuses to run
//! as, it runs as another user.
//!
//! Nothing here is asynchronous, so that any test can use it.

mod account;
mod chromium;
mod folder;
mod installed;
mod pgbouncer;
mod postgres;
mod process;
mod redis;

use std::io;
use std::path::Path;

pub use chromium::{BrowserPrograms, CHROMEDRIVER, CHROMIUM, browser_programs};
pub use folder::Lock;
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
