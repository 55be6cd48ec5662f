//! The migrated template database that every test's database is cloned from.
//!
//! Tests run in processes of their own, many at once. The first one to come makes the template, under an advisory lock
//! in the maintenance database (the one of `DATABASE_URL`); the name carries a checksum of the migrations, so that a
//! changed migration makes a new one.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use sha2::{Digest, Sha256};
use tokio_postgres::{Client, error::SqlState};
use url::Url;

use crate::{
    database::{Params, connect, try_connect},
    tokens::now,
};

/// The advisory lock of everybody who makes a template or clears away databases.
const LOCK: i64 = 0x7275_6e6c_6564_6765;
/// A test's database that nobody is connected to is left over when it is this old.
const STALE_SECONDS: u64 = 600;
/// The templates, of whatever migrations.
const TEMPLATES: &str = r"datname LIKE 'runledger\_template\_%'";
/// The databases of tests that began before a given second.
const STALE: &str =
    r"CASE WHEN datname ~ '^runledger_test_\d+_' THEN split_part(datname, '_', 3)::bigint < $1 ELSE false END";

/// A server on which databases may be made.
pub(crate) struct Server {
    url: Url,
}

impl Server {
    /// The server with this maintenance database.
    pub(crate) fn new(url: &str) -> Self {
        Self {
            url: Url::parse(url).expect("the database URL is one"),
        }
    }

    /// The address of another database on the server.
    pub(crate) fn database_url(&self, name: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(name);
        url
    }

    /// Makes an empty database with a name of its own; gives the name.
    pub(crate) async fn new_empty_database(&self) -> String {
        let name = new_name();
        let client = connect(&self.url).await;
        client
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .await
            .expect("a database can be made");
        name
    }

    /// Makes a migrated database with a name of its own; gives the name.
    pub(crate) async fn new_database(&self) -> String {
        let name = new_name();
        let client = connect(&self.url).await;
        clear_stale(&client).await;
        loop {
            let template = self.template(&client).await;
            match client
                .batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}"))
                .await
            {
                Ok(()) => return name,
                // A run with other migrations cleared it away just now.
                Err(error) if error.code() == Some(&SqlState::UNDEFINED_DATABASE) => {}
                Err(error) => panic!("the test's database cannot be made: {error:?}"),
            }
        }
    }

    /// Drops a database, whoever is connected to it.
    pub(crate) async fn drop_database(&self, name: &str) -> Result<(), tokio_postgres::Error> {
        try_connect(&self.url)
            .await?
            .batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            .await
    }

    /// The template's name; makes it when it is not there.
    async fn template(&self, client: &Client) -> String {
        let name = format!("runledger_template_{}", checksum());
        if !exists(client, &name).await {
            client
                .execute("SELECT pg_advisory_lock($1)", &[&LOCK])
                .await
                .expect("the template's lock can be taken");
            if !exists(client, &name).await {
                drop_unused(client, TEMPLATES, &[]).await;
                self.make_template(client, &name).await;
            }
            client
                .execute("SELECT pg_advisory_unlock($1)", &[&LOCK])
                .await
                .expect("the template's lock was taken");
        }
        name
    }

    /// Makes it under another name first, so that a template that is there is a whole one.
    async fn make_template(&self, client: &Client, name: &str) {
        let unfinished = format!("{name}_unfinished");
        let run = async |sql: String| {
            client
                .batch_execute(&sql)
                .await
                .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        };
        run(format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)")).await;
        run(format!("CREATE DATABASE {unfinished}")).await;
        let mut database = connect(&self.database_url(&unfinished)).await;
        runledger_migrations::migrate(&mut database, |_| {})
            .await
            .expect("an empty database can be migrated");
        drop(database);
        run(format!("ALTER DATABASE {unfinished} RENAME TO {name}")).await;
    }
}

async fn exists(client: &Client, database: &str) -> bool {
    let found = client
        .query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&database])
        .await;
    found.expect("the catalogue can be read").is_some()
}

/// A name for a database that no other test has.
fn new_name() -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!("runledger_test_{}_{}_{number}", now(), process::id())
}

/// Drops the databases of tests that were killed.
async fn clear_stale(client: &Client) {
    let oldest = i64::try_from(now() - STALE_SECONDS).expect("the clock is sane");
    drop_unused(client, STALE, &[&oldest]).await;
}

/// Drops the databases that a condition chooses and nobody is connected to.
async fn drop_unused(client: &Client, condition: &str, params: Params<'_>) {
    let sql = format!(
        "SELECT datname FROM pg_database AS d
         WHERE {condition} AND NOT EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.datid = d.oid)"
    );
    for row in client.query(&sql, params).await.expect("the catalogue can be read") {
        let name: String = row.get(0);
        // Another test may be dropping it too, or somebody has come back to it; then a later run tries again.
        let _ = client.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")).await;
    }
}

/// A checksum of all that decides what a migrated database looks like.
fn checksum() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let mut files = Vec::new();
    walk(&folder, &mut files);
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        hash.update(file.to_string_lossy().as_bytes());
        hash.update(fs::read(&file).expect("a migration can be read"));
    }
    hash.finalize()
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the migrations are beside the tests") {
        let path = entry.expect("the migrations can be listed").path();
        if path.is_dir() {
            walk(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "sql" || extension == "rs")
        {
            files.push(path);
        }
    }
}
