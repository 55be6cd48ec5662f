//! The database's numbered migrations, and what applies them.
//!
//! The SQL files lie next to this crate's manifest and are compiled in. They are applied in order, each once, under an
//! advisory lock, and recorded in `runledger.migrations` with a checksum, so that an applied file that was edited is
//! noticed. A file is one transaction, unless its first line is `-- runledger: statement by statement`: then each
//! statement is one, and noted; or `-- runledger: no transaction`: then its statements run one by one and each can be
//! repeated. So an interrupted run is taken up again. Locks are waited for briefly, and asked for again.
//!
//! The platform's tables go to the schema that `search_path` chooses; Runledger's own are always in `runledger`.
//!
//! Give it a connection of its own, straight to the server: it holds a session lock and changes session settings,
//! which a transaction pooler in between would hand to somebody else.

mod error;
mod file;
mod lock;
mod runner;
mod table_locks;

pub use error::{Error, SqlError};
pub use file::Migration;
pub use runner::{Report, Status};

use tokio_postgres::Client;

/// Embeds the named files.
macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        &[$(Migration::new($name, include_str!(concat!("../", $name, ".sql")))),+]
    };
}

const MIGRATIONS: &[Migration] = files![
    "0001_platform_tables",
    "0002_runledger_schema",
    "0003_terminal_times",
    "0004_indexes",
    "0005_nodes_that_ran",
    "0006_share_links",
    "0007_node_executions",
    "0008_events",
    "0009_credits_store_jobs",
    "0010_rollups",
    "0011_node_times",
    "0012_scoring",
    "0013_credit_holds",
    "0014_request_metrics",
    "0015_block_types",
    "0016_stored_values",
    "0017_replicated_rows",
    "0018_what_is_kept_of_runs",
    "0019_indexes_of_what_is_kept",
    "0020_jobs_and_retention",
    "0021_indexes_for_what_ends",
    "0022_answer_budget",
    "0023_no_event_without_a_number",
    "0024_shared_statements",
];

/// Brings the database up to date. Several may start at once: one works, the others wait for it and find nothing to do.
///
/// `progress` is called with a line for each step worth telling a person about.
pub async fn migrate(client: &mut Client, progress: impl FnMut(&str)) -> Result<Report, Error> {
    migrate_with(client, MIGRATIONS, progress).await
}

/// The embedded files, oldest first.
pub fn migrations() -> &'static [Migration] {
    MIGRATIONS
}

/// [`migrate`] with a list of one's own, which begins with [`migrations`] or a part of it.
pub async fn migrate_with(
    client: &mut Client,
    migrations: &[Migration],
    mut progress: impl FnMut(&str),
) -> Result<Report, Error> {
    runner::check_server(client).await?;
    lock::acquire(client, &mut progress).await?;
    let result = runner::run(client, migrations, &mut progress).await;
    // Where the connection broke the server has let go of the lock itself, and the first error is the one to tell.
    let released = lock::release(client).await;
    let report = result?;
    released?;
    Ok(report)
}

/// What has been applied and what has not. Changes nothing and needs no right to change anything.
pub async fn status(client: &Client) -> Result<Status, Error> {
    runner::check_server(client).await?;
    runner::status(client, MIGRATIONS).await
}

/// The version of a database that [`migrate`] has brought up to date.
pub fn latest_version() -> i64 {
    file::latest(MIGRATIONS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::Mode;

    #[test]
    fn every_file_of_the_folder_is_embedded_and_numbered_without_gaps() {
        let mut on_disk: Vec<String> = std::fs::read_dir(env!("CARGO_MANIFEST_DIR"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(".sql").map(str::to_owned))
            .collect();
        on_disk.sort();

        let embedded: Vec<&str> = MIGRATIONS.iter().map(Migration::name).collect();
        assert_eq!(embedded, on_disk);
        for (index, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(
                migration.version(),
                i64::try_from(index).unwrap() + 1,
                "{}",
                migration.name()
            );
        }
    }

    #[test]
    fn no_transaction_locks_a_table_of_the_platforms_while_it_waits_for_another() {
        for migration in MIGRATIONS.iter().filter(|each| each.mode() == Mode::OneTransaction) {
            let mut tables: Vec<&str> = ["ON \"", "REFERENCES \"", "ALTER TABLE \"", "LOCK TABLE \""]
                .iter()
                .flat_map(|before| migration.sql().split(before).skip(1))
                .filter_map(|after| after.split('"').next())
                .collect();
            tables.sort_unstable();
            tables.dedup();
            assert!(
                tables.len() <= 1,
                "{}: begin it with \"-- runledger: statement by statement\", since it locks {tables:?}",
                migration.name()
            );
        }
    }

    #[test]
    fn a_file_without_a_transaction_can_be_repeated() {
        let repeatable = [
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ",
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ",
            "CREATE TABLE IF NOT EXISTS ",
            "CREATE OR REPLACE FUNCTION ",
            "DROP INDEX CONCURRENTLY IF EXISTS ",
        ];
        let adds_once = |sql: &str| {
            sql.starts_with("INSERT INTO ") && sql.trim_end().trim_end_matches(';').ends_with("ON CONFLICT DO NOTHING")
        };
        for migration in MIGRATIONS
            .iter()
            .filter(|migration| migration.mode() == Mode::NoTransaction)
        {
            for statement in migration.statements() {
                let sql = &statement.sql;
                assert!(
                    repeatable.iter().any(|start| sql.starts_with(start)) || adds_once(sql),
                    "{}: {sql}",
                    migration.name()
                );
            }
        }
    }
}
