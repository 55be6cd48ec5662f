//! A private PgBouncer before a PostgreSQL, in transaction mode.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;
use url::Url;

use super::account::Account;
use super::folder::{POSTGRES_USERS, place, private_file, private_folder};
use super::process::{Server, launch, on_port, server_command};
use super::{Doing as _, Error, pgbouncer_program};

const PATIENCE: Duration = Duration::from_secs(30);

/// A running private PgBouncer; stopped when dropped. It knows the one user of its PostgreSQL, whose password keeps others out
/// here as it does there.
#[derive(Debug)]
pub struct PgBouncer {
    folder: PathBuf,
    port: u16,
    server: Server,
}

impl PgBouncer {
    /// Starts one in `folder` (as `place` understands it) before the server whose URL this is.
    pub fn start(folder: &Path, postgres: &Url) -> Result<Self, Error> {
        let program = pgbouncer_program()?;
        let account = Account::choose(&POSTGRES_USERS)?;
        let folder = place(folder, &account)?;
        private_folder(&folder, &account)?;
        let users = format!(
            "\"{}\" \"{}\"\n",
            postgres.username(),
            postgres.password().unwrap_or_default()
        );
        private_file(&folder.join("users"), &users, &account)?;
        let (port, server) = on_port(0, "in use", |port| {
            let settings = folder.join("pgbouncer.ini");
            private_file(&settings, &text(port, &folder, postgres), &account)?;
            let mut command = server_command(&program);
            command.arg(&settings);
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            let listens = |_| TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok();
            let (command, log) = (account.applied_to(command), folder.join("output"));
            // SIGINT would wait for every client.
            launch("PgBouncer", command, &log, Signal::SIGTERM, PATIENCE, listens)
        })?;
        Ok(Self { folder, port, server })
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Stops the pooler and removes its files.
    pub fn remove(mut self) -> Result<(), Error> {
        self.server.stop()?;
        fs::remove_dir_all(&self.folder).doing("remove", &self.folder)
    }
}

/// Any database of the server, few connections for each, given back soon, since tests have many databases.
fn text(port: u16, folder: &Path, postgres: &Url) -> String {
    format!(
        "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
         unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {}\npool_mode = transaction\n\
         default_pool_size = 16\nmax_client_conn = 1000\nserver_idle_timeout = 5\nautodb_idle_timeout = 5\n\
         server_check_query = select 1\nlog_connections = 0\nlog_disconnections = 0\n",
        postgres.port().unwrap_or(5432),
        folder.join("users").display(),
    )
}
