//! `cargo xtask data` on a real server: what it makes fits, and what does not fit is found.

use std::process::{Command, Output};

use tempfile::TempDir;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};
use xtask::servers::Postgres;

use crate::{open_folder, postgres};

/// The database that worlds are made in.
const WORLD: &str = "world";

/// A private server with a migrated database.
struct Server {
    postgres: Postgres,
    _folder: TempDir,
}

impl Server {
    /// `None`, and a line that says so, on a machine without PostgreSQL.
    async fn migrated() -> Option<Self> {
        let folder = open_folder().unwrap();
        let postgres = postgres(folder.path())?;
        let server = Self {
            postgres,
            _folder: folder,
        };
        server.run("postgres", &format!("CREATE DATABASE {WORLD}")).await;
        server.succeeds(&["migrate"]);
        Some(server)
    }

    /// A world, and a while of its life.
    async fn lived_in() -> Option<Self> {
        let server = Self::migrated().await?;
        server.succeeds(&["data", "create", "--users=8", "--graphs=9", "--executions=300"]);
        server.succeeds(&["data", "update"]);
        Some(server)
    }

    async fn connect(&self, database: &str) -> Client {
        let (client, connection) = tokio_postgres::connect(&self.postgres.url(database), NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        client
    }

    /// Gives how many rows were touched.
    async fn run(&self, database: &str, sql: &str) -> u64 {
        let answer = self.connect(database).await.simple_query(sql).await;
        let answer = answer.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let rows = answer.iter().map(|message| match message {
            SimpleQueryMessage::CommandComplete(rows) => *rows,
            _ => 0,
        });
        rows.sum()
    }

    async fn number(&self, sql: &str) -> i64 {
        let row = self.connect(WORLD).await.query_one(sql, &[]).await;
        row.unwrap_or_else(|error| panic!("{sql}: {error:?}")).get(0)
    }

    fn xtask(&self, database: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command
            .args(arguments)
            .arg("--database-url")
            .arg(self.postgres.url(database));
        command.output().unwrap()
    }

    /// What it prints.
    fn succeeds(&self, arguments: &[&str]) -> String {
        let output = self.xtask(WORLD, arguments);
        let (said, complained) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {said}\n{complained}");
        said
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
async fn what_is_made_fits_together_and_is_told() {
    let Some(server) = Server::migrated().await else {
        return;
    };
    server.succeeds(&["data", "create", "--users=8", "--graphs=9", "--executions=300"]);
    assert_eq!(server.number("SELECT count(*) FROM \"AgentGraphExecution\"").await, 300);
    let before = server.number("SELECT count(*) FROM \"StoreListingReview\"").await;

    let said = server.succeeds(&[
        "data",
        "update",
        "--graphs=4",
        "--executions=6..7",
        "--users=5",
        "--transactions=2",
        "--categories=2..4",
    ]);

    // Those of the world have inputs.
    let executions = r#"FROM "AgentGraphExecution" WHERE inputs IS NULL"#;
    let made = server.number(&format!("SELECT count(*) {executions}")).await;
    assert!((24..=28).contains(&made), "{made} executions of 4 graphs");
    let times = format!(r#"SELECT count(DISTINCT "createdAt") {executions}"#);
    assert_eq!(server.number(&times).await, made, "each has a time of its own");
    let per_graph = format!(
        r#"SELECT count(DISTINCT runs) FROM (SELECT count(*) AS runs {executions}
           GROUP BY "agentGraphId" HAVING count(*) NOT BETWEEN 6 AND 7) AS graphs"#
    );
    assert_eq!(server.number(&per_graph).await, 0);
    let nodes = r#"SELECT count(*) FROM "AgentNodeExecution" n JOIN "AgentGraphExecution" e ON e.id = "agentGraphExecutionId"
        WHERE n."addedTime" < e."createdAt" OR n."endedTime" > coalesce(e."endedAt", 'infinity') + interval '2 ms'"#;
    assert_eq!(server.number(nodes).await, 0, "nodes run within their execution");
    assert_eq!(server.number("SELECT count(*) FROM \"CreditTransaction\"").await, 10);
    let categories = r#"SELECT count(*) FROM "StoreListingVersion"
        WHERE "submissionStatus" = 'APPROVED' AND cardinality(categories) NOT BETWEEN 2 AND 4"#;
    assert_eq!(server.number(categories).await, 0);
    let reviews = server.number("SELECT count(*) FROM \"StoreListingReview\"").await - before;
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for told in [
        format!("executions {made} node executions"),
        format!("reviews {reviews} changed versions 2 "),
        "credit transactions 10".to_owned(),
    ] {
        assert!(words.contains(&told), "{told}\n{said}");
    }
    let verified = server.succeeds(&["data", "verify"]);
    assert!(verified.contains("as the transactions have it"), "{verified}");
}

#[tokio::test]
async fn without_anybody_to_do_anything_nothing_is_made_and_it_fails() {
    let Some(server) = Server::migrated().await else {
        return;
    };
    let output = server.xtask(WORLD, &["data", "update"]);
    assert!(!output.status.success());
    let complained = text(&output.stderr);
    assert!(complained.contains("no users"), "{complained}");
    assert!(complained.contains("cargo xtask data create"), "{complained}");

    let wrong = server.xtask(WORLD, &["data", "update", "--executions=9..3"]);
    assert!(text(&wrong.stderr).contains("9 is more than 3"), "{wrong:?}");
}

#[tokio::test]
async fn balances_are_changed_under_the_lock_that_spending_takes() {
    let Some(server) = Server::lived_in().await else {
        return;
    };
    let mut other = server.connect(WORLD).await;
    // As the ledger spends: the balance first, with its lock.
    let spending = other.transaction().await.unwrap();
    let spend = r#"WITH spent AS (UPDATE "UserBalance" SET balance = balance - 1 RETURNING "userId", balance)
        INSERT INTO "CreditTransaction" ("userId", amount, type, "runningBalance", "createdAt")
        SELECT "userId", -1, 'USAGE', balance, clock_timestamp() AT TIME ZONE 'UTC' + interval '1 s' FROM spent"#;
    spending.batch_execute(spend).await.unwrap();
    let url = server.postgres.url(WORLD);
    let update = std::thread::spawn(move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command
            .args(["data", "update", "--seed=2", "--database-url", &url])
            .output()
            .unwrap()
    });
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    while server.number(waiting).await == 0 {
        assert!(!update.is_finished(), "it waits for those who spend");
        tokio::task::yield_now().await;
    }
    spending.commit().await.unwrap();

    let output = update.join().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    server.succeeds(&["data", "verify"]);
    let overdrawn = r#"SELECT count(*) FROM "UserBalance" WHERE balance < 0"#;
    assert_eq!(server.number(overdrawn).await, 0);
}

#[tokio::test]
async fn every_kind_of_difference_is_found() {
    const QUIETLY: &str = r#"ALTER TABLE "AgentGraphExecution" DISABLE TRIGGER USER;"#;
    let Some(server) = Server::lived_in().await else {
        return;
    };
    let graph = r#"(SELECT "agentGraphId" FROM "AgentGraphExecution" ORDER BY id LIMIT 1)"#;
    let listing = r#"(SELECT "storeListingId" FROM mv_review_stats WHERE review_count > 0 ORDER BY 1 LIMIT 1)"#;
    let rollup =
        "(SELECT ctid FROM runledger.execution_rollups WHERE grain = 'G' AND scored > 0 ORDER BY bucket LIMIT 1)";
    let mut planted = vec![
        // A view that was not refreshed: more, fewer, none.
        (
            format!(
                r#"INSERT INTO "AgentGraphExecution" (id, "userId", "agentGraphId", "executionStatus")
                   SELECT 'planted', 'user', {graph}, 'QUEUED'"#
            ),
            "mv_agent_run_counts",
        ),
        (
            r#"DELETE FROM "AgentGraphExecution" WHERE id IN (SELECT id FROM "AgentGraphExecution" LIMIT 1)"#.to_owned(),
            "mv_agent_run_counts",
        ),
        (
            format!(r#"DELETE FROM "AgentGraphExecution" WHERE "agentGraphId" = {graph}"#),
            "mv_agent_run_counts",
        ),
        (
            format!(
                r#"UPDATE "StoreListingReview" SET score = 6 - score WHERE score <> 3 AND "storeListingVersionId" IN
                   (SELECT id FROM "StoreListingVersion" WHERE "storeListingId" = {listing}) AND id = (
                   SELECT min(r.id) FROM "StoreListingReview" r JOIN "StoreListingVersion" v ON v.id = "storeListingVersionId"
                   WHERE v."storeListingId" = {listing} AND score <> 3)"#
            ),
            "mv_review_stats",
        ),
        (
            format!(r#"UPDATE "StoreListing" SET "isDeleted" = true WHERE id = {listing}"#),
            "mv_review_stats",
        ),
        // Rows that the triggers did not see.
        (
            format!(
                r#"{QUIETLY} UPDATE "AgentGraphExecution" SET "isDeleted" = true WHERE id = (
                   SELECT min(id) FROM "AgentGraphExecution")"#
            ),
            "rollup",
        ),
        // Credits.
        (
            r#"UPDATE "UserBalance" SET balance = balance + 1 WHERE "userId" = (SELECT min("userId") FROM "UserBalance")"#
                .to_owned(),
            "\"balance\" of user",
        ),
        (
            r#"UPDATE "CreditTransaction" SET "runningBalance" = "runningBalance" + 1 WHERE "transactionKey" = (
               SELECT min("transactionKey") FROM "CreditTransaction")"#
                .to_owned(),
            "\"running_balance\" of user",
        ),
        (
            r#"DELETE FROM "CreditTransaction" WHERE "transactionKey" = (
               SELECT min("transactionKey") FROM "CreditTransaction")"#
                .to_owned(),
            "\"balance\" of user",
        ),
    ];
    for grain in ["d", "h", "m"] {
        let found = match grain {
            "d" => "rollup d",
            "h" => "rollup h",
            _ => "rollup m",
        };
        let rollup = rollup.replace('G', grain);
        planted.push((
            format!("DELETE FROM runledger.execution_rollups WHERE ctid = {rollup}"),
            found,
        ));
        planted.push((
            format!(
                "INSERT INTO runledger.execution_rollups (user_id, graph_id, grain, bucket, executions, completed, failed,
                    terminated, with_stats, cost, duration, scored, score)
                 VALUES ('nobody', 'nothing', '{grain}', '2020-01-01', 1, 0, 0, 0, 0, 0, 0, 0, 0)"
            ),
            found,
        ));
        for sum in [
            "executions",
            "completed",
            "failed",
            "terminated",
            "with_stats",
            "cost",
            "duration",
            "scored",
            "score",
        ] {
            planted.push((
                format!("UPDATE runledger.execution_rollups SET {sum} = {sum} + 1 WHERE ctid = {rollup}"),
                found,
            ));
        }
    }
    server.succeeds(&["data", "verify"]);
    for (number, (difference, found)) in planted.iter().enumerate() {
        // Each in a database of its own, as it was.
        let copy = format!("planted_{number}");
        server
            .run("postgres", &format!("CREATE DATABASE {copy} TEMPLATE {WORLD}"))
            .await;
        assert!(
            server.run(&copy, difference).await > 0,
            "nothing was planted by {difference}"
        );
        let output = server.xtask(&copy, &["data", "verify"]);
        let said = text(&output.stdout);
        assert!(!output.status.success(), "not found: {difference}\n{said}");
        assert!(said.contains(found), "{difference}\n{said}");
        server
            .run("postgres", &format!("DROP DATABASE {copy} WITH (FORCE)"))
            .await;
    }
    server.succeeds(&["data", "verify"]);
}
