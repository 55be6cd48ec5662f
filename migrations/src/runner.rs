//! Compares the files with the record, and applies those that are missing.

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, GenericClient, Row};

use crate::error::Error;
use crate::file::{self, Migration, Mode, Statement};
use crate::table_locks::{ASK_BRIEFLY, Tries};

/// The oldest server that we use, as `server_version_num` has it.
const OLDEST_SERVER: i32 = 150_000;

const CREATE_RECORD: &str = "\
    CREATE SCHEMA IF NOT EXISTS runledger;
    CREATE TABLE IF NOT EXISTS runledger.migrations (
        version bigint PRIMARY KEY,
        name text NOT NULL,
        checksum text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
    )";

/// Which statements are done of a file that is applied statement by statement, while it is not all.
const CREATE_STEPS: &str = "\
    CREATE TABLE IF NOT EXISTS runledger.migration_steps (
        version bigint NOT NULL,
        step integer NOT NULL,
        checksum text NOT NULL,
        PRIMARY KEY (version, step)
    )";

const SESSION_SETTINGS: &str = "SET statement_timeout = 0; SET client_min_messages = warning";
/// A concurrent build waits for old transactions without being in anybody's way.
const WAIT: &str = "SET lock_timeout = 0";
const RESET_SESSION_SETTINGS: &str = "RESET lock_timeout; RESET statement_timeout; RESET client_min_messages";

const STAYS: &str = "What it did so far stays. Repair what it complains of, then migrate again: it goes on from there.";

/// What [`crate::migrate`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The names of the files that were applied now, in order.
    pub applied: Vec<String>,
    /// How many had been applied before.
    pub already: usize,
}

/// How far a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The newest version applied; 0 for a database that was never migrated.
    pub version: i64,
    /// The version that this program brings a database to.
    pub latest: i64,
    /// The names of the files that are still to be applied, in order.
    pub pending: Vec<String>,
}

struct Applied {
    version: i64,
    checksum: String,
}

pub(crate) async fn check_server(client: &Client) -> Result<(), Error> {
    let sql = "SELECT current_setting('server_version_num')::int, current_setting('server_version')";
    let row = client.query_one(sql, &[]).await?;
    if row.try_get::<_, i32>(0)? < OLDEST_SERVER {
        return Err(Error::OldServer { found: row.try_get(1)? });
    }
    Ok(())
}

pub(crate) async fn status(client: &Client, migrations: &[Migration]) -> Result<Status, Error> {
    let applied = if has_record(client).await? {
        read_record(client).await?
    } else {
        Vec::new()
    };
    let pending = pending(migrations, &applied)?;
    Ok(Status {
        version: applied.last().map_or(0, |last| last.version),
        latest: file::latest(migrations),
        pending: pending.iter().map(|migration| migration.name().to_owned()).collect(),
    })
}

/// Applies what is missing. The caller holds the lock.
pub(crate) async fn run(
    client: &mut Client,
    migrations: &[Migration],
    progress: &mut impl FnMut(&str),
) -> Result<Report, Error> {
    let is_new = !has_record(client).await?;
    let applied = if is_new { Vec::new() } else { read_record(client).await? };
    let pending = pending(migrations, &applied)?;
    check_schema(client, applied.is_empty()).await?;
    // Only when it is needed: even a no-op CREATE SCHEMA needs the right to create one.
    if is_new {
        client.batch_execute(CREATE_RECORD).await?;
    }

    let mut report = Report {
        applied: Vec::new(),
        already: applied.len(),
    };
    for migration in pending {
        progress(&format!("applying {}", migration.name()));
        client.batch_execute(SESSION_SETTINGS).await?;
        client.batch_execute(ASK_BRIEFLY).await?;
        match migration.mode() {
            Mode::OneTransaction => apply_in_transaction(client, migration, progress).await?,
            Mode::StatementByStatement => apply_in_steps(client, migration, progress).await?,
            Mode::NoTransaction => apply_one_by_one(client, migration, progress).await?,
        }
        client.batch_execute(RESET_SESSION_SETTINGS).await?;
        report.applied.push(migration.name().to_owned());
    }
    Ok(report)
}

async fn has_record(client: &Client) -> Result<bool, Error> {
    exists(client, "runledger.migrations").await
}

async fn exists(client: &Client, relation: &str) -> Result<bool, Error> {
    Ok(client
        .query_one("SELECT to_regclass($1) IS NOT NULL", &[&relation])
        .await?
        .try_get(0)?)
}

async fn read_record(client: &Client) -> Result<Vec<Applied>, Error> {
    let decode = |row: &Row| {
        Ok(Applied {
            version: row.try_get(0)?,
            checksum: row.try_get(1)?,
        })
    };
    let rows = client
        .query(
            "SELECT version, checksum FROM runledger.migrations ORDER BY version",
            &[],
        )
        .await?;
    rows.iter().map(decode).collect()
}

/// The migrations after the last applied one, once the applied ones have been found to be ours and unchanged.
fn pending<'a>(migrations: &'a [Migration], applied: &[Applied]) -> Result<&'a [Migration], Error> {
    let (database, program) = (applied.last().map_or(0, |last| last.version), file::latest(migrations));
    if database > program {
        return Err(Error::NewerDatabase { database, program });
    }
    let (old, pending) = migrations.split_at(migrations.partition_point(|migration| migration.version() <= database));
    for migration in old {
        let name = || migration.name().to_owned();
        match applied.iter().find(|row| row.version == migration.version()) {
            None => return Err(Error::Skipped { name: name() }),
            Some(row) if row.checksum != migration.checksum() => return Err(Error::Changed { name: name() }),
            Some(_) => {}
        }
    }
    Ok(pending)
}

/// `search_path` must lead to a schema, and once the database is migrated to the one that was chosen then. Our own schema
/// is left out of it: for a role of the same name it would come first (`"$user"`), and get the platform's tables.
async fn check_schema(client: &Client, fresh: bool) -> Result<(), Error> {
    let without_ours = "SELECT set_config('search_path', string_agg(quote_ident(name), ', ' ORDER BY place), false) \
                        FROM unnest(current_schemas(false)) WITH ORDINALITY AS schemas (name, place) \
                        WHERE name <> 'runledger' HAVING count(*) > 0";
    client.query_opt(without_ours, &[]).await?;
    let sql = "SELECT current_setting('search_path'), coalesce(current_schema(), 'runledger') <> 'runledger', \
               to_regclass('\"AgentGraphExecution\"') IS NOT NULL";
    let row = client.query_one(sql, &[]).await?;
    let search_path = row.try_get(0)?;
    if !row.try_get::<_, bool>(1)? {
        return Err(Error::NoSchema { search_path });
    }
    if !fresh && !row.try_get::<_, bool>(2)? {
        return Err(Error::OtherSchema { search_path });
    }
    Ok(())
}

async fn apply_in_transaction(
    client: &mut Client,
    migration: &Migration,
    progress: &mut impl FnMut(&str),
) -> Result<(), Error> {
    const NEXT: &str = "The file left nothing behind. Repair what it complains of, then migrate again.";
    let mut tries = Tries::of(migration.name(), migration.sql());
    while let Err(error) = try_in_transaction(client, migration).await {
        if !tries.again(client, &error, progress).await {
            return Err(failed(migration, error, NEXT));
        }
    }
    Ok(())
}

async fn try_in_transaction(client: &mut Client, migration: &Migration) -> Result<(), tokio_postgres::Error> {
    let transaction = client.transaction().await?;
    transaction.batch_execute(migration.sql()).await?;
    record(&transaction, migration).await?;
    transaction.commit().await
}

/// Each statement is a transaction of its own, which notes that it is done: a run that dies is taken up there.
async fn apply_in_steps(
    client: &mut Client,
    migration: &Migration,
    progress: &mut impl FnMut(&str),
) -> Result<(), Error> {
    client.batch_execute(CREATE_STEPS).await?;
    let done = "SELECT step, checksum FROM runledger.migration_steps WHERE version = $1";
    let done = client.query(done, &[&migration.version()]).await?;
    let done = done.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
    let done: Vec<(i32, String)> = done.collect::<Result<_, Error>>()?;
    for (step, statement) in (0..).zip(migration.statements()) {
        if done.contains(&(step, statement.checksum())) {
            continue;
        }
        let mut tries = Tries::of(migration.name(), &statement.sql);
        while let Err(error) = try_step(client, migration, step, &statement).await {
            if !tries.again(client, &error, progress).await {
                return Err(failed(migration, error, STAYS));
            }
        }
    }
    let transaction = client.transaction().await?;
    record(&transaction, migration).await?;
    let forget = "DELETE FROM runledger.migration_steps WHERE version = $1";
    transaction.execute(forget, &[&migration.version()]).await?;
    Ok(transaction.commit().await?)
}

async fn try_step(
    client: &mut Client,
    migration: &Migration,
    step: i32,
    statement: &Statement,
) -> Result<(), tokio_postgres::Error> {
    if statement.commits() {
        return client.batch_execute(&statement.sql).await;
    }
    let transaction = client.transaction().await?;
    transaction.batch_execute(&statement.sql).await?;
    let note = "INSERT INTO runledger.migration_steps VALUES ($1, $2, $3)
        ON CONFLICT (version, step) DO UPDATE SET checksum = excluded.checksum";
    transaction
        .execute(note, &[&migration.version(), &step, &statement.checksum()])
        .await?;
    transaction.commit().await
}

async fn apply_one_by_one(
    client: &Client,
    migration: &Migration,
    progress: &mut impl FnMut(&str),
) -> Result<(), Error> {
    for statement in migration.statements() {
        if let Some(relation) = &statement.unless
            && exists(client, relation).await?
        {
            continue;
        }
        let index = statement.concurrent_index();
        client
            .batch_execute(if index.is_some() { WAIT } else { ASK_BRIEFLY })
            .await?;
        if let Some(index) = index {
            progress(&format!("{}: index {index}", migration.name()));
            drop_unfinished(client, index).await?;
        }
        let mut tries = Tries::of(migration.name(), &statement.sql);
        while let Err(error) = client.batch_execute(&statement.sql).await {
            if !tries.again(client, &error, progress).await {
                return Err(failed(migration, error, STAYS));
            }
        }
    }
    record(client, migration).await?;
    Ok(())
}

/// An interrupted concurrent build leaves an index that is kept up to date and never used, and that `IF NOT EXISTS`
/// would take for the real one.
async fn drop_unfinished(client: &Client, index: &str) -> Result<(), Error> {
    let sql = "SELECT format('DROP INDEX CONCURRENTLY IF EXISTS %s', indexrelid::regclass) \
               FROM pg_index \
               WHERE indexrelid IN (to_regclass($1), to_regclass('runledger.' || $1)) AND NOT indisvalid";
    if let Some(row) = client.query_opt(sql, &[&index]).await? {
        client.batch_execute(row.try_get(0)?).await?;
    }
    Ok(())
}

async fn record(client: &impl GenericClient, migration: &Migration) -> Result<(), tokio_postgres::Error> {
    let sql = "INSERT INTO runledger.migrations (version, name, checksum) VALUES ($1, $2, $3)";
    client
        .execute(sql, &[&migration.version(), &migration.name(), &migration.checksum()])
        .await?;
    Ok(())
}

fn failed(migration: &Migration, error: tokio_postgres::Error, next: &'static str) -> Error {
    const LOCKED: &str = "Another session holds a lock that it needs. End or wait for that session (see \
                          pg_stat_activity), then migrate again: what is done already is not done twice.";
    let next = if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) {
        LOCKED
    } else {
        next
    };
    Error::Failed {
        name: migration.name().to_owned(),
        refusal: error.into(),
        next,
    }
}
