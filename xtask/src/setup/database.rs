//! The tool's own conversation with PostgreSQL: making a database and migrating it.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use runledger_models::DatabaseUrl;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};
use url::Url;

use crate::interrupt::{self, Interrupted};
use crate::setup::tls;

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
    let (config, tls) = tls::parse(url)?;
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

/// Lets a connection do its work. Its end is seen by the client, as a failing query.
fn drive(connection: impl Future<Output = Result<(), tokio_postgres::Error>> + Send + 'static) {
    tokio::spawn(async move { drop(connection.await) });
}

#[cfg(test)]
mod tests {
    use super::beside;

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
