//! The database of one run: made for it, removed after it.

use anyhow::{Context as _, Result};
use runledger_models::DatabaseUrl;
use tokio_postgres::{Client, NoTls};
use url::Url;

/// A migrated database of its own.
pub(crate) struct Database {
    /// Connected to the database that was given.
    server: Client,
    name: String,
    url: Url,
}

impl Database {
    /// Makes a database on the server at `server_url`.
    pub(crate) async fn create(server_url: &Url) -> Result<Self> {
        let server = connect(server_url)
            .await
            .context("Postgres is out of reach; DATABASE_URL says where it is")?;
        let name = format!("runledger_bench_{}", std::process::id());
        let mut url = server_url.clone();
        url.set_path(&name);
        server
            .batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            .await?;
        server
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .await
            .context("the benchmark needs a Postgres user that may create databases")?;
        let database = Self { server, name, url };
        if let Err(error) = database.set_up().await {
            database.remove().await?;
            return Err(error);
        }
        Ok(database)
    }

    async fn set_up(&self) -> Result<()> {
        // Waiting for the disk would be most of a write on either side, and hide the difference.
        self.server
            .batch_execute(&format!("ALTER DATABASE {} SET synchronous_commit = off", self.name))
            .await?;
        let mut client = connect(&self.url).await?;
        runledger_migrations::migrate(&mut client, |_| {}).await?;
        Ok(())
    }

    /// Where it is.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// A session in it.
    pub(crate) async fn session(&self) -> Result<Client> {
        connect(&self.url).await
    }

    /// Brings what the planner knows up to date, so that this does not happen in the middle of a round.
    pub(crate) async fn settle(&self) -> Result<()> {
        let client = connect(&self.url).await?;
        client.batch_execute("VACUUM ANALYZE").await?;
        client.batch_execute("CHECKPOINT").await.ok();
        Ok(())
    }

    /// Has all events that there are counted as published.
    pub(crate) async fn forget_events(&self) -> Result<()> {
        let client = connect(&self.url).await?;
        while client
            .query_one("SELECT runledger.number_events()", &[])
            .await?
            .get::<_, i32>(0)
            > 0
        {}
        let sql = "SELECT setval('runledger.event_published', last_value) FROM runledger.event_numbers";
        client.batch_execute(sql).await?;
        Ok(())
    }

    /// The server's version.
    pub(crate) async fn version(&self) -> Result<String> {
        let row = self.server.query_one("SHOW server_version", &[]).await?;
        Ok(row.try_get(0)?)
    }

    /// Removes it.
    pub(crate) async fn remove(self) -> Result<()> {
        self.server
            .batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name))
            .await
            .with_context(|| format!("the database {} is left behind; drop it", self.name))
    }
}

async fn connect(url: &Url) -> Result<Client> {
    let (client, connection) =
        tokio_postgres::connect(&DatabaseUrl::parse(url.as_str())?.for_driver().0, NoTls).await?;
    tokio::spawn(async move {
        // Its end shows in the client.
        let _ = connection.await;
    });
    Ok(client)
}
