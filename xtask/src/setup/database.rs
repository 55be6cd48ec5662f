//! The tool's own conversation with PostgreSQL: making a database and migrating it.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use runledger_models::DatabaseUrl;
use runledger_postgres_tls::client_config;
use tokio::runtime::Runtime;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;
use url::Url;

use crate::interrupt::{self, Interrupted};

/// Brings the tables of a database up to date and says what was done.
pub(crate) fn migrate(url: &str) -> Result<()> {
    runtime()?.block_on(async {
        let mut client = connect(url).await?;
        if let Some(remark) = DatabaseUrl::parse(url)?.remark() {
            eprintln!("    {remark}");
        }
        let work = runledger_migrations::migrate(&mut client, |line| eprintln!("    {line}"));
        let report = tokio::select! {
            report = work => report?,
            // What is cut off is a transaction, or a statement that the next run repeats.
            () = interrupted() => bail!(Interrupted),
        };
        match report.applied.len() {
            0 => eprintln!("    up to date: {} migrations were applied before", report.already),
            applied => eprintln!("    {applied} applied, {} were applied before", report.already),
        }
        Ok(())
    })
}

/// Creates the database `name` on the server that `url` leads to, unless it exists.
pub(crate) fn create(url: &str, name: &str) -> Result<()> {
    runtime()?.block_on(async {
        let client = connect(url).await?;
        if client
            .query_opt("SELECT FROM pg_database WHERE datname = $1", &[&name])
            .await?
            .is_none()
        {
            client
                .batch_execute(&format!("CREATE DATABASE \"{}\"", name.replace('"', "\"\"")))
                .await?;
        }
        Ok(())
    })
}

/// Removes the database `name` from the server that `url` leads to.
pub(crate) fn remove(url: &str, name: &str) -> Result<()> {
    runtime()?.block_on(async {
        let name = name.replace('"', "\"\"");
        let client = connect(url).await?;
        Ok(client
            .batch_execute(&format!("DROP DATABASE \"{name}\" WITH (FORCE)"))
            .await?)
    })
}

/// The URL of the database `name` of the server that `url` leads to.
pub(crate) fn beside(url: &str, name: &str) -> Result<String> {
    let mut url = Url::parse(url).context("DATABASE_URL is not a URL")?;
    url.set_path(name);
    Ok(url.into())
}

/// Ends when a signal has been noted, which only some commands do.
async fn interrupted() {
    while !interrupt::requested() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What the conversation runs on.
pub(crate) fn runtime() -> Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("start the runtime")
}

/// A session in the database that `url` leads to.
pub(crate) async fn connect(url: &str) -> Result<Client> {
    let (config, tls) = parse(url)?;
    match tls {
        None => {
            let (client, connection) = config.connect(NoTls).await.context("connect to PostgreSQL")?;
            drive(connection);
            Ok(client)
        }
        Some(tls) => {
            let (client, connection) = config.connect(tls).await.context("connect to PostgreSQL")?;
            drive(connection);
            Ok(client)
        }
    }
}

/// Reads a URL, and how its connections are to be encrypted, if at all.
pub(crate) fn parse(url: &str) -> Result<(Config, Option<MakeRustlsConnect>)> {
    let url = DatabaseUrl::parse(url)?;
    let (understood, verified) = url.for_driver();
    let config: Config = understood.parse().context("the database URL cannot be used")?;
    let plain = match config.get_ssl_mode() {
        SslMode::Disable => true,
        SslMode::Prefer => config.get_hosts().iter().all(is_this_machine),
        _ => false,
    };
    let tls = if plain {
        None
    } else {
        Some(MakeRustlsConnect::new(client_config(verified, None)?))
    };
    Ok((config, tls))
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback()),
        Host::Unix(_) => true,
    }
}

/// Lets a connection do its work. Its end is seen by the client, as a failing query.
fn drive(connection: impl Future<Output = Result<(), tokio_postgres::Error>> + Send + 'static) {
    tokio::spawn(async move { drop(connection.await) });
}

#[cfg(test)]
mod tests {
    use super::{beside, parse};

    #[test]
    fn what_leaves_the_machine_is_encrypted() {
        let check = |url: &str, encrypted| assert_eq!(parse(url).unwrap().1.is_some(), encrypted, "{url}");
        check("postgres://me@127.0.0.1/ledger", false);
        check("postgres://me@localhost/ledger", false);
        check("host=/run/postgresql user=me", false);
        check("postgres://me@127.0.0.1/ledger?sslmode=require", true);
        check("postgres://me@db.example.com/ledger", true);
        check("postgres://me@db.example.com/ledger?sslmode=disable", false);
        check("postgres://me@db.example.com/ledger?sslmode=verify-full", true);
        assert!(parse("mysql://me@db.example.com").is_err());
    }

    #[test]
    fn another_database_of_the_same_server() {
        for (url, expected) in [
            ("postgres://me:pw@host:1/db", "postgres://me:pw@host:1/x"),
            ("postgres://host", "postgres://host/x"),
            (
                "postgres://host/db?sslmode=require",
                "postgres://host/x?sslmode=require",
            ),
        ] {
            assert_eq!(beside(url, "x").unwrap(), expected);
        }
        assert!(beside("host=localhost", "x").is_err());
    }
}
