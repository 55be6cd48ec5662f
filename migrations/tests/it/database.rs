//! A database for one test.

use std::env;
use std::sync::atomic::{AtomicU32, Ordering};

use runledger_migrations::migrate;
use tokio_postgres::{Client, Config, NoTls};

/// A database of the test's own, dropped when the test is over.
pub(crate) struct Database {
    server: Config,
    name: String,
}

impl Database {
    /// A new, empty database.
    pub(crate) async fn create() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);

        let url = env::var("DATABASE_URL").expect("DATABASE_URL names a server (cargo xtask test sets it)");
        let server: Config = url.parse().expect("DATABASE_URL is a Postgres URL");
        let name = format!(
            "runledger_migrations_{}_{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let admin = connect(&server).await;
        // template0, since nobody can be connected to it.
        admin
            .batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0"))
            .await
            .unwrap();
        Self { server, name }
    }

    /// A new database that is up to date, and a session in it.
    pub(crate) async fn migrated() -> (Self, Client) {
        let database = Self::create().await;
        let mut client = database.connect().await;
        migrate(&mut client, |_| {}).await.unwrap();
        (database, client)
    }

    /// A new session.
    pub(crate) async fn connect(&self) -> Client {
        connect(&self.config()).await
    }

    /// A new session with this `search_path`.
    pub(crate) async fn connect_to_schema(&self, schema: &str) -> Client {
        connect(self.config().options(format!("-csearch_path={schema}"))).await
    }

    /// A new session of another role.
    pub(crate) async fn connect_as(&self, role: &str) -> Client {
        let client = self.connect().await;
        client
            .batch_execute(&format!("SET SESSION AUTHORIZATION {role}"))
            .await
            .unwrap();
        client
    }

    /// Drops the database. A failed test leaves its database behind to be looked at.
    pub(crate) async fn drop(self) {
        let admin = connect(&self.server).await;
        admin
            .batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name))
            .await
            .unwrap();
    }

    fn config(&self) -> Config {
        let mut config = self.server.clone();
        config.dbname(&self.name);
        config
    }
}

async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.expect("the server of DATABASE_URL answers");
    // Ends when the client is dropped; a test that breaks a connection sees it in the client's next call.
    tokio::spawn(connection);
    client
}

/// The first column of every row, as text.
pub(crate) async fn column(client: &Client, sql: &str) -> Vec<String> {
    let rows = client
        .query(&format!("SELECT value::text FROM ({sql}) AS t (value)"), &[])
        .await
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Waits until this many sessions of the database wait for a lock.
pub(crate) async fn until_waiting(client: &Client, sessions: i64) {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    until(client, sql, sessions).await;
}

/// Waits until a session builds an index of this table and cannot go on, since another one writes to the table.
pub(crate) async fn until_building(client: &Client, table: &str) {
    let sql = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
         AND query LIKE 'CREATE INDEX CONCURRENTLY% ON \"{table}\" %'"
    );
    until(client, &sql, 1).await;
}

async fn until(client: &Client, sql: &str, number: i64) {
    while client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) != number {
        tokio::task::yield_now().await;
    }
}

/// The version of every row of the catalog that is not the server's own, and of every row of Runledger's tables. Any
/// change of anything changes it.
pub(crate) async fn snapshot(client: &Client) -> Vec<String> {
    let mut rows = Vec::new();
    for (catalog, key) in [
        ("pg_attribute", "attrelid, attnum"),
        ("pg_attrdef", "oid"),
        ("pg_class", "oid"),
        ("pg_constraint", "oid"),
        ("pg_enum", "oid"),
        ("pg_index", "indexrelid"),
        ("pg_namespace", "oid"),
        ("pg_proc", "oid"),
        ("pg_trigger", "oid"),
        ("pg_type", "oid"),
    ] {
        let first = key.split(',').next().unwrap_or(key);
        let sql = format!("SELECT ('{catalog}', {key}, xmin) FROM {catalog} WHERE {first} >= 16384 ORDER BY {key}");
        rows.extend(column(client, &sql).await);
    }
    for table in ["migrations", "block_registry", "idempotency_keys", "queue_entries"] {
        let sql = format!("SELECT ('{table}', ctid, xmin) FROM runledger.{table} ORDER BY ctid");
        rows.extend(column(client, &sql).await);
    }
    rows
}
