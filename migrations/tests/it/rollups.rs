//! Rollups say what the rows say, whatever happened to the rows.

use std::time::{SystemTime, UNIX_EPOCH};

use futures::future::join_all;
use tokio_postgres::Client;

use crate::database::{Database, column};

/// Both sides of every rollup that is not what the rows come to. `ok` says whether stats can be read: it is a member
/// that the ledger does not know.
pub(crate) const DIFFERENCES: &str = r#"
    WITH expected AS (
        SELECT "userId" AS user_id, "agentGraphId" AS graph_id, grain::text, date_trunc(unit, "createdAt") AS bucket,
            count(*) AS executions, count(*) FILTER (WHERE "executionStatus" = 'COMPLETED') AS completed,
            count(*) FILTER (WHERE "executionStatus" = 'FAILED') AS failed,
            count(*) FILTER (WHERE "executionStatus" = 'TERMINATED') AS terminated,
            count(*) FILTER (WHERE ok) AS with_stats, coalesce(sum((stats ->> 'cost')::numeric) FILTER (WHERE ok), 0) AS cost,
            coalesce(sum((stats ->> 'walltime')::numeric) FILTER (WHERE ok), 0) AS duration,
            count(stats ->> 'correctness_score') FILTER (WHERE ok AND ended) AS scored,
            coalesce(sum((stats ->> 'correctness_score')::numeric) FILTER (WHERE ok AND ended), 0) AS score
        FROM "AgentGraphExecution"
        CROSS JOIN (VALUES ('d', 'day'), ('h', 'hour'), ('m', 'minute')) AS grains (grain, unit)
        CROSS JOIN LATERAL (SELECT coalesce((stats ->> 'ok')::boolean, false) AS ok,
            "executionStatus" IN ('COMPLETED', 'FAILED', 'TERMINATED') AS ended) AS judged
        WHERE NOT "isDeleted"
        GROUP BY 1, 2, 3, 4
    ),
    actual AS (
        SELECT user_id, graph_id, grain::text, bucket, sum(executions) AS executions, sum(completed) AS completed,
            sum(failed) AS failed, sum(terminated) AS terminated, sum(with_stats) AS with_stats, sum(cost) AS cost,
            sum(duration) AS duration, sum(scored) AS scored, sum(score) AS score
        FROM runledger.execution_rollups
        GROUP BY user_id, graph_id, grain, bucket
    )
    SELECT concat('rows: ', expected, ' rollups: ', actual)
    FROM expected
    FULL JOIN actual USING (user_id, graph_id, grain, bucket)
    WHERE (expected.executions, expected.completed, expected.failed, expected.terminated, expected.with_stats,
            expected.cost, expected.duration, expected.scored, expected.score)
        IS DISTINCT FROM (actual.executions, actual.completed, actual.failed, actual.terminated, actual.with_stats,
            actual.cost, actual.duration, actual.scored, actual.score)
        AND (expected.executions IS NOT NULL OR (actual.executions, actual.completed, actual.failed, actual.terminated,
            actual.with_stats, actual.cost, actual.duration, actual.scored, actual.score)
            <> (0, 0, 0, 0, 0, 0, 0, 0, 0))"#;

/// Stats as they come, odd ones too.
const STATS: [&str; 9] = [
    "NULL",
    r#"'{"ok": true, "cost": 12, "walltime": 0.1, "correctness_score": 0.9}'"#,
    r#"'{"ok": true, "cost": -3, "walltime": 12.345678901234567, "correctness_score": 0.333333333333333}'"#,
    r#"'{"ok": true, "cost": 3.0, "walltime": 1e20, "node_count": 2.0, "correctness_score": null}'"#,
    r#"'{"ok": true, "cost": 9223372036854775807, "walltime": 5e-324}'"#,
    r#"'{"ok": true}'"#,
    r#"'{"ok": false, "cost": "many", "walltime": 5}'"#,
    r#"'{"ok": false, "cost": 1.5, "correctness_score": 0.5}'"#,
    "'[1, 2]'",
];
const STATUSES: [&str; 7] = [
    "INCOMPLETE",
    "QUEUED",
    "RUNNING",
    "COMPLETED",
    "TERMINATED",
    "FAILED",
    "REVIEW",
];

/// Random choices that a seed repeats (xorshift).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Dice that fall differently each time; the seed is printed when the test fails.
    fn fresh(test: &str) -> Self {
        let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as u64;
        println!("{test}: seed {seed}");
        Self::new(seed)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }

    /// A time in three days, more often than not in the same few minutes.
    fn time(&mut self) -> String {
        let (days, minutes) = (self.below(3), if self.below(2) == 0 { 1440 } else { 3 });
        let (minute, millis) = (self.below(minutes), self.below(60_000));
        format!("timestamp '2026-02-27 23:59' + interval '{days} days {minute} minutes {millis} ms'")
    }

    /// Which rows a statement is about.
    fn which(&mut self) -> String {
        match self.below(4) {
            0 => format!("\"userId\" = 'user-{}'", self.below(3)),
            1 => "random() < 0.2".to_owned(),
            _ => format!("id = 'run-{}'", self.below(60)),
        }
    }

    /// Something that happens to executions.
    pub(crate) fn event(&mut self) -> String {
        let (which, time) = (self.which(), self.time());
        let status = self.one(&STATUSES);
        let numbers = self.one(&STATS);
        let graph = self.below(3) + 1;
        let insert = |id: &str, user: u64| {
            format!(
                "INSERT INTO \"AgentGraphExecution\" (id, \"userId\", \"agentGraphId\", \"createdAt\", \"executionStatus\", stats)
                 VALUES ('{id}', 'user-{user}', 'graph-{graph}', {time}, '{status}', {numbers}) ON CONFLICT (id) DO "
            )
        };
        let update = |what: &str| format!("UPDATE \"AgentGraphExecution\" SET {what} WHERE {which}");
        match self.below(13) {
            0 | 1 => insert(&format!("run-{}", self.below(60)), self.below(3)) + "NOTHING",
            2 => {
                insert(&format!("run-{}", self.below(60)), self.below(3))
                    + "UPDATE SET stats = excluded.stats, \"executionStatus\" = excluded.\"executionStatus\""
            }
            3 => format!(
                "INSERT INTO \"AgentGraphExecution\" (id, \"userId\", \"agentGraphId\", \"createdAt\", \"executionStatus\", stats)
                 SELECT 'many-' || gen_random_uuid(), 'user-' || n % 3, 'graph-' || n % 3 + 1,
                     {time} + n * interval '13 min', '{status}', {numbers} FROM generate_series(1, 40) AS n"
            ),
            4 => update(&format!("\"executionStatus\" = '{status}'")),
            5 => update(&format!("\"executionStatus\" = '{status}', stats = {numbers}")),
            6 => update(&format!("stats = {numbers}")),
            7 => update("\"isDeleted\" = NOT \"isDeleted\""),
            8 => update(&format!("\"agentGraphId\" = 'graph-{graph}'")),
            9 => update(&format!("\"userId\" = 'user-{}'", self.below(3))),
            10 => update(&format!("\"createdAt\" = {time}")),
            11 => update("id = 'other-' || gen_random_uuid(), \"updatedAt\" = now()"),
            _ => format!("DELETE FROM \"AgentGraphExecution\" WHERE {which}"),
        }
    }
}

async fn world() -> (Database, Client) {
    let (database, client) = Database::migrated().await;
    client.batch_execute(GRAPHS).await.unwrap();
    (database, client)
}

pub(crate) const GRAPHS: &str =
    "INSERT INTO \"AgentGraph\" (id, \"userId\") SELECT 'graph-' || n, 'owner' FROM generate_series(1, 3) AS n";

pub(crate) async fn expect_equal(client: &Client, after: &str) {
    assert_eq!(column(client, DIFFERENCES).await, [""; 0], "after {after}");
}

#[tokio::test]
async fn rollups_follow_any_history() {
    let (database, client) = world().await;
    let mut dice = Dice::fresh("any history");
    for step in 0..400 {
        let event = match dice.below(12) {
            // Several statements in a transaction, which comes to nothing now and then.
            0 => {
                let end = dice.one(&["COMMIT", "ROLLBACK"]);
                format!("BEGIN; {}; {}; {}; {end}", dice.event(), dice.event(), dice.event())
            }
            1 => format!(
                "BEGIN ISOLATION LEVEL REPEATABLE READ; {}; {}; COMMIT",
                dice.event(),
                dice.event()
            ),
            _ => dice.event(),
        };
        client
            .batch_execute(&event)
            .await
            .unwrap_or_else(|error| panic!("{event}: {error:?}"));
        if step % 10 == 9 {
            expect_equal(&client, &event).await;
        }
    }
    // A cascade, and what TRUNCATE leaves.
    client
        .batch_execute("DELETE FROM \"AgentGraph\" WHERE id = 'graph-1'")
        .await
        .unwrap();
    expect_equal(&client, "the deletion of a graph").await;
    client
        .batch_execute("UPDATE \"AgentGraph\" SET id = 'graph-9' WHERE id = 'graph-2'")
        .await
        .unwrap();
    expect_equal(&client, "the renaming of a graph").await;
    client
        .batch_execute("TRUNCATE \"AgentGraphExecution\" CASCADE")
        .await
        .unwrap();
    expect_equal(&client, "truncation").await;
    database.drop().await;
}

#[tokio::test]
async fn writers_at_once_lose_nothing_and_do_not_wait_for_each_other() {
    let (database, client) = world().await;
    let row =
        "INSERT INTO \"AgentGraphExecution\" (id, \"userId\", \"agentGraphId\", \"executionStatus\", \"createdAt\")
        VALUES (gen_random_uuid(), 'user-1', 'graph-1', 'COMPLETED', '2026-01-01')";
    client.batch_execute(row).await.unwrap();
    // One holds what all others want to change, for as long as it likes.
    let holder = database.connect().await;
    holder.batch_execute(&format!("BEGIN; {row}")).await.unwrap();
    let writers = (0..16).map(|_| async {
        let writer = database.connect().await;
        writer.batch_execute("SET lock_timeout = '5s'").await.unwrap();
        for _ in 0..20 {
            writer.batch_execute(row).await.unwrap();
        }
    });
    join_all(writers).await;
    holder.batch_execute("COMMIT").await.unwrap();
    expect_equal(&client, "many writers").await;

    let parts = "SELECT count(*)::text FROM runledger.execution_rollups WHERE grain = 'd'";
    assert_ne!(
        column(&client, parts).await,
        ["1"],
        "nobody waited, so there are several rows"
    );
    client
        .batch_execute("SELECT runledger.merge_rollups(1000)")
        .await
        .unwrap();
    assert_eq!(column(&client, parts).await, ["1"]);
    expect_equal(&client, "merging").await;
    database.drop().await;
}

#[tokio::test]
async fn a_writer_needs_no_rights_on_rollups() {
    let (database, client) = world().await;
    let role = format!("runledger_writer_{}", std::process::id());
    let grant = format!(
        "CREATE ROLE {role};
         GRANT ALL ON \"AgentGraphExecution\" TO {role};
         GRANT SELECT, UPDATE ON \"AgentGraph\" TO {role};
         GRANT SELECT ON \"AgentNodeExecution\" TO {role}"
    );
    client.batch_execute(&grant).await.unwrap();
    let writer = database.connect_as(&role).await;
    for write in [
        "INSERT INTO \"AgentGraphExecution\" (id, \"userId\", \"agentGraphId\", \"executionStatus\")
         VALUES ('a', 'user-1', 'graph-1', 'RUNNING'), ('b', 'user-1', 'graph-1', 'RUNNING')",
        "UPDATE \"AgentGraphExecution\" SET \"executionStatus\" = 'FAILED' WHERE id = 'a'",
        "DELETE FROM \"AgentGraphExecution\" WHERE id = 'b'",
    ] {
        writer.batch_execute(write).await.unwrap();
        expect_equal(&client, write).await;
    }
    drop(writer);
    client
        .batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"))
        .await
        .unwrap();
    database.drop().await;
}

#[tokio::test]
async fn histories_at_once_come_to_the_same() {
    let (database, client) = world().await;
    let mut seeds = Dice::fresh("histories at once");
    let writers = (0..8).map(|_| {
        let mut dice = Dice::new(seeds.below(u64::MAX));
        let database = &database;
        async move {
            let writer = database.connect().await;
            for _ in 0..60 {
                let event = dice.event();
                // A deadlock between the rows themselves is theirs to have; it undoes the statement.
                if let Err(error) = writer.batch_execute(&event).await {
                    let code = error.code().map(|code| code.code().to_owned());
                    assert!(matches!(code.as_deref(), Some("40P01" | "23505")), "{event}: {error:?}");
                }
            }
        }
    });
    join_all(writers).await;
    expect_equal(&client, "histories at once").await;
    client
        .batch_execute("SELECT runledger.merge_rollups(100000)")
        .await
        .unwrap();
    expect_equal(&client, "merging").await;
    database.drop().await;
}
