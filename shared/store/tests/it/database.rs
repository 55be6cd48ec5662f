//! A migrated database with some tens of thousands of runs, for the tests of one process.

use std::env;

use runledger_migrations::migrate;
use tokio_postgres::{Client, Config, NoTls};

/// A filled database, dropped when the test is over.
pub(crate) struct Database {
    server: Config,
    name: String,
}

impl Database {
    /// A new one, with what `fill.sql` puts into it, and a session in it.
    pub(crate) async fn filled() -> (Self, Client) {
        let url = env::var("DATABASE_URL").expect("DATABASE_URL names a server (cargo xtask test sets it)");
        let server: Config = url.parse().expect("DATABASE_URL is a Postgres URL");
        let name = format!("runledger_statements_{}", std::process::id());
        // template0, since nobody can be connected to it.
        let create = format!("CREATE DATABASE {name} TEMPLATE template0");
        connect(&server).await.batch_execute(&create).await.unwrap();
        let mut config = server.clone();
        config.dbname(&name);
        let mut client = connect(&config).await;
        migrate(&mut client, |_| {}).await.unwrap();
        client.batch_execute(include_str!("fill.sql")).await.unwrap();
        client.batch_execute("VACUUM ANALYZE").await.unwrap();
        (Self { server, name }, client)
    }

    /// Drops it. A failed test leaves it behind to be looked at.
    pub(crate) async fn drop(self) {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        connect(&self.server).await.batch_execute(&drop).await.unwrap();
    }
}

async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.expect("the server of DATABASE_URL answers");
    tokio::spawn(connection);
    client
}
