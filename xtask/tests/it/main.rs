//! The tool on real servers; a machine without them skips what it cannot run.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "these are tests")]

mod data;
mod servers;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::TempDir;
use xtask::servers::{Durability, Error, Postgres, PostgresConfig};

/// A folder that every user may enter: the server may have to run as another one.
fn open_folder() -> std::io::Result<TempDir> {
    tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o755))
        .tempdir()
}

/// The server; `None`, and a line that says so, where it is not installed.
fn installed<T>(started: Result<T, Error>) -> Option<T> {
    match started {
        Ok(server) => Some(server),
        Err(error @ (Error::NotInstalled(_) | Error::TooOld { .. })) => {
            eprintln!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn postgres(folder: &Path) -> Option<Postgres> {
    let config = PostgresConfig::new(folder.join("postgres"), Durability::Throwaway);
    installed(Postgres::start(config))
}
