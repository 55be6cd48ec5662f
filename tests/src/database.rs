//! A test's own database, and a look at what is stored in it.

use std::{collections::BTreeMap, thread};

use runledger_models::DatabaseUrl;
use serde_json::Value;
use tokio_postgres::{Client, NoTls, types::ToSql};
use url::Url;

use crate::template::Server;

/// A migrated database; dropped with the value.
pub struct Database {
    server: Server,
    name: String,
    url: Url,
    client: Client,
}

/// Every row of every table, by table, with the transaction that wrote it: equal snapshots mean that nothing was
/// written in between, not even the same values again.
pub type Snapshot = BTreeMap<String, Vec<Value>>;

/// The values bound to a statement.
pub type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

impl Database {
    /// Clones a database on this server from the migrated template.
    pub async fn create(server_url: &str) -> Self {
        let server = Server::new(server_url);
        let name = server.new_database().await;
        let url = server.database_url(&name);
        let client = connect(&url).await;
        Self {
            server,
            name,
            url,
            client,
        }
    }

    /// An empty database with a schema of the platform's, migrated by way of an address with these parameters.
    pub async fn in_schema(server_url: &str, schema: &str, parameters: &str) -> Self {
        let server = Server::new(server_url);
        let name = server.new_empty_database().await;
        let mut url = server.database_url(&name);
        let admin = connect(&url).await;
        admin
            .batch_execute(&format!("CREATE SCHEMA {schema}"))
            .await
            .expect("a schema can be made");
        url.set_query(Some(&format!("schema={schema}&{parameters}")));
        let mut client = connect(&url).await;
        runledger_migrations::migrate(&mut client, |_| {})
            .await
            .expect("the schema can be migrated");
        Self {
            server,
            name,
            url,
            client,
        }
    }

    /// Its address, as the application gets it.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Its address through a pooler at `host:port`.
    pub(crate) fn url_through(&self, pooler: &str) -> String {
        let mut url = self.url.clone();
        let (host, port) = pooler.rsplit_once(':').expect("a pooler is named as host:port");
        url.set_host(Some(host)).expect("a pooler has a host");
        url.set_port(port.parse().ok()).expect("a database's URL has a port");
        url.into()
    }

    /// Its name, which no other test's database has.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server's `host:port`.
    pub fn host(&self) -> String {
        format!(
            "{}:{}",
            self.url.host_str().unwrap_or("127.0.0.1"),
            self.url.port().unwrap_or(5432)
        )
    }

    /// Connects anew, after the server was away.
    pub async fn reconnect(&mut self) {
        self.client = connect(&self.url).await;
    }

    /// A connection of its own, in a transaction that has begun.
    pub async fn transaction(&self) -> Client {
        let client = connect(&self.url).await;
        client.batch_execute("BEGIN").await.expect("a transaction begins");
        client
    }

    /// Runs a statement; gives the number of rows.
    #[track_caller]
    pub fn execute(&self, sql: &str, params: Params<'_>) -> impl Future<Output = u64> {
        let caller = std::panic::Location::caller();
        async move {
            self.client
                .execute(sql, params)
                .await
                .unwrap_or_else(|error| panic!("{caller}: {error:?}"))
        }
    }

    /// The rows of a query, each as a JSON object.
    pub async fn rows(&self, sql: &str, params: Params<'_>) -> Vec<Value> {
        let sql = format!("SELECT to_jsonb(q)::text FROM ({sql}) AS q");
        let rows = self
            .client
            .query(&sql, params)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        rows.iter()
            .map(|row| serde_json::from_str(row.get(0)).expect("Postgres writes JSON"))
            .collect()
    }

    /// The one row of a query, as a JSON object.
    pub async fn row(&self, sql: &str, params: Params<'_>) -> Value {
        let mut rows = self.rows(sql, params).await;
        assert!(rows.len() == 1, "{sql}: {} rows, not one", rows.len());
        rows.remove(0)
    }

    /// The number that a query gives.
    pub async fn number(&self, sql: &str, params: Params<'_>) -> i64 {
        self.client
            .query_one(sql, params)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"))
            .get(0)
    }

    /// What `EXPLAIN (… FORMAT json)` says.
    pub async fn plan(&self, sql: &str) -> Value {
        let row = self.client.query_one(sql, &[]).await;
        row.unwrap_or_else(|error| panic!("{sql}: {error:?}")).get(0)
    }

    /// The stored row of a graph execution, whole, with the transaction that wrote it (`xmin`).
    pub async fn execution(&self, id: &str) -> Value {
        self.row(
            r#"SELECT e.*, e.xmin::text FROM "AgentGraphExecution" AS e WHERE id = $1"#,
            &[&id],
        )
        .await
    }

    /// The stored rows of a graph execution's nodes, by add time, with the transaction that wrote each.
    pub async fn nodes(&self, execution: &str) -> Vec<Value> {
        let sql = r#"SELECT n.*, n.xmin::text FROM "AgentNodeExecution" AS n
                     WHERE "agentGraphExecutionId" = $1 ORDER BY "addedTime", id"#;
        self.rows(sql, &[&execution]).await
    }

    /// Everything that is stored.
    pub async fn snapshot(&self) -> Snapshot {
        let tables = self
            .rows(
                "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
                 WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1",
                &[],
            )
            .await;
        let mut snapshot = Snapshot::new();
        for table in tables {
            let table = table["name"].as_str().unwrap_or_default().to_owned();
            // Events are numbered some time after they were written; that is no write of anybody's.
            let columns = match table.as_str() {
                "runledger.events" => "t.id",
                "runledger.event_state" => "t.outbox_id",
                // Every request is counted.
                "runledger.request_metrics" => continue,
                _ => "t.*, t.xmin::text",
            };
            let rows = self
                .rows(&format!("SELECT {columns} FROM {table} AS t ORDER BY 1, t::text"), &[])
                .await;
            snapshot.insert(table, rows);
        }
        snapshot
    }

    /// Fails the test when anything was written since the snapshot.
    pub async fn expect_unchanged(&self, before: &Snapshot, what: &str) {
        let after = self.snapshot().await;
        for (table, rows) in before {
            let now = &after[table];
            assert!(
                now == rows,
                "{what} changed {table}\nbefore: {rows:#?}\nafter: {now:#?}"
            );
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (&self.server, &self.name);
        // The test's runtime cannot be waited for from here.
        thread::scope(|scope| {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                // What cannot be dropped is cleared away by a later run.
                runtime.is_ok_and(|runtime| runtime.block_on(server.drop_database(name)).is_ok())
            });
        });
    }
}

/// Connects to a database.
pub(crate) async fn connect(url: &Url) -> Client {
    try_connect(url)
        .await
        .unwrap_or_else(|error| panic!("no connection to the database: {error:?}"))
}

/// Connects to a database, if it can be reached.
pub(crate) async fn try_connect(url: &Url) -> Result<Client, tokio_postgres::Error> {
    let address = DatabaseUrl::parse(url.as_str()).unwrap_or_else(|fault| panic!("{url}: {fault}"));
    let (client, connection) = tokio_postgres::connect(&address.for_driver().0, NoTls).await?;
    tokio::spawn(async move {
        // Its end shows in the client.
        let _ = connection.await;
    });
    Ok(client)
}
