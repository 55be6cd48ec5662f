//! A platform database is adopted while the platform works on it, and one of its transactions lasts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use runledger_migrations::{Migration, migrate, migrate_with, migrations};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio_postgres::Client;

use crate::adopted::platform;
use crate::database::{Database, column};

const WRITE_EXECUTION: &str = r#"INSERT INTO "AgentGraphExecution" (id, "agentGraphId", "agentGraphVersion", "userId",
    "executionStatus") VALUES (gen_random_uuid()::text, 'graph', 2, 'owner', 'RUNNING')"#;
const WRITE_NODE: &str = r#"INSERT INTO "AgentNodeExecution" (id, "agentGraphExecutionId", "agentNodeId",
    "executionStatus") VALUES (gen_random_uuid()::text, 'done', 'node-do', 'RUNNING')"#;

/// Milliseconds that whoever waits for a table has waited: what the load makes of a busy machine does not count.
const LONGEST_WAIT: &str = "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - waitstart) * 1000), 0)::bigint
    FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND application_name = 'writer'";

/// Sessions that write until they are told to stop, and what came of it.
struct Load {
    stop: Arc<AtomicBool>,
    written: Arc<[AtomicU32; 2]>,
    writers: Vec<JoinHandle<()>>,
    observer: JoinHandle<i64>,
}

impl Load {
    async fn begin(database: &Database) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let written = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
        let mut writers = Vec::new();
        for (table, statement) in [WRITE_EXECUTION, WRITE_NODE].into_iter().enumerate() {
            let session = database.connect_to_schema("platform").await;
            session.batch_execute("SET application_name = 'writer'").await.unwrap();
            let (stop, written) = (Arc::clone(&stop), Arc::clone(&written));
            writers.push(tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    session.batch_execute(statement).await.unwrap();
                    written[table].fetch_add(1, Ordering::Relaxed);
                }
            }));
        }
        let (session, stopped) = (database.connect().await, Arc::clone(&stop));
        let observer = tokio::spawn(async move {
            let mut longest = 0;
            while !stopped.load(Ordering::Relaxed) {
                longest = longest.max(session.query_one(LONGEST_WAIT, &[]).await.unwrap().get(0));
            }
            longest
        });
        Self {
            stop,
            written,
            writers,
            observer,
        }
    }

    fn written(&self) -> [u32; 2] {
        [0, 1].map(|table: usize| self.written[table].load(Ordering::Relaxed))
    }

    /// Until both tables have been written to since.
    async fn goes_on(&self) {
        let before = self.written();
        while (0..2).any(|table| self.written()[table] == before[table]) {
            tokio::task::yield_now().await;
        }
    }

    /// Ends it; gives the longest wait of a writer in milliseconds.
    async fn end(self) -> i64 {
        self.stop.store(true, Ordering::Relaxed);
        for writer in self.writers {
            writer.await.unwrap();
        }
        self.observer.await.unwrap()
    }
}

/// A transaction that has changed something and does not end.
async fn long_transaction(database: &Database, change: &str) -> (Client, String) {
    let session = database.connect_to_schema("platform").await;
    session
        .batch_execute("SET application_name = 'the long one'")
        .await
        .unwrap();
    let pid = column(&session, "SELECT pg_backend_pid()").await.remove(0);
    session.batch_execute("BEGIN").await.unwrap();
    session.batch_execute(change).await.unwrap();
    (session, pid)
}

/// The lines that say for whom a migration waits, until there are so many.
async fn waits(lines: &mut UnboundedReceiver<String>, count: usize) -> Vec<String> {
    let mut waits = Vec::new();
    while waits.len() < count {
        let line = lines.recv().await.expect("the migration waits");
        if line.contains(" waits for ") {
            waits.push(line);
        }
    }
    waits
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_writer_waits_long_however_long_a_transaction_lasts() {
    let (database, mut client) = platform().await;
    let load = Load::begin(&database).await;
    let change = r#"UPDATE "AgentNodeExecution" SET stats = '{"key": "sk-secret"}' WHERE id = 'step-2'"#;
    let (long, pid) = long_transaction(&database, change).await;
    let (said, mut lines) = unbounded_channel();
    let migration = tokio::spawn(async move {
        migrate(&mut client, |line| drop(said.send(line.to_owned())))
            .await
            .unwrap()
    });

    for line in waits(&mut lines, 4).await {
        assert!(line.starts_with("0003_terminal_times waits for pid "), "{line}");
        assert!(
            line.contains(&format!("pid {pid} (the long one), in a transaction since ")),
            "{line}"
        );
        assert!(
            line.contains(r#"begins: UPDATE "AgentNodeExecution" SET stats = "#),
            "{line}"
        );
        assert!(!line.contains("sk-secret"), "{line}");
        load.goes_on().await;
    }
    long.batch_execute("COMMIT").await.unwrap();

    assert_eq!(migration.await.unwrap().applied.len(), migrations().len());
    load.goes_on().await;
    let longest = load.end().await;
    assert!(longest < 1_000, "a writer waited {longest} ms");
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_files_of_an_older_ledger_are_added_to_under_load_too() {
    let (database, mut client) = platform().await;
    migrate_with(&mut client, &migrations()[..14], |_| {}).await.unwrap();
    let load = Load::begin(&database).await;
    let change = r#"UPDATE "AgentGraphExecution" SET stats = '{}' WHERE id = 'running'"#;
    let (long, _) = long_transaction(&database, change).await;
    let whole = "ALTER TABLE \"AgentGraphExecution\" ADD COLUMN new_column int;
        CREATE TABLE runledger.beside (id int);";
    let files = [migrations(), &[Migration::new("0098_whole", whole)]].concat();
    let (said, mut lines) = unbounded_channel();
    let migration = tokio::spawn(async move {
        let report = migrate_with(&mut client, &files, |line| drop(said.send(line.to_owned()))).await;
        report.unwrap()
    });

    waits(&mut lines, 3).await;
    load.goes_on().await;
    long.batch_execute("COMMIT").await.unwrap();

    assert_eq!(
        migration.await.unwrap().applied.last().map(String::as_str),
        Some("0098_whole")
    );
    let longest = load.end().await;
    assert!(longest < 1_000, "a writer waited {longest} ms");
    database.drop().await;
}

#[tokio::test]
async fn a_file_in_steps_that_is_interrupted_goes_on_where_it_stopped() {
    let (database, mut client) = Database::migrated().await;
    let file = |last: &'static str| {
        let first = "-- runledger: statement by statement\nCREATE TABLE runledger.once (n int);\n\
                     INSERT INTO runledger.once VALUES (1);\n";
        let sql = format!("{first}{last}\n").leak();
        [migrations(), &[Migration::new("0098_in_steps", sql)]].concat()
    };

    let error = migrate_with(&mut client, &file("SELECT 1 / 0;"), |_| {})
        .await
        .unwrap_err();

    assert!(error.to_string().contains("goes on from there"), "{error}");
    let report = migrate_with(&mut client, &file("INSERT INTO runledger.once VALUES (2);"), |_| {})
        .await
        .unwrap();
    assert_eq!(report.applied, ["0098_in_steps"]);
    assert_eq!(
        column(&client, "SELECT n FROM runledger.once ORDER BY 1").await,
        ["1", "2"]
    );
    assert_eq!(
        column(&client, "SELECT step FROM runledger.migration_steps").await,
        [""; 0]
    );
    database.drop().await;
}
