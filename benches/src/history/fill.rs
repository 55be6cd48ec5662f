//! The executions that history is made of.

use anyhow::{Context as _, Result};
use url::Url;

use super::DAYS;
use crate::{database::Database, options::Options, pgbench};

/// Executions of one statement.
const BATCH: u32 = 20_000;

const GRAPH: &str = "INSERT INTO \"AgentGraph\" (id, version, name, \"userId\") VALUES ($1, 1, 'Agent of ' || $1, $2)";
/// Evenly over the days, in all kinds of statuses, with stats of the size that real ones have.
const EXECUTIONS: &str = "
    INSERT INTO \"AgentGraphExecution\" (id, \"createdAt\", \"updatedAt\", \"startedAt\", \"endedAt\", \"executionStatus\",
        \"agentGraphId\", inputs, \"userId\", stats)
    SELECT $1 || '-' || lpad(n::text, 8, '0'), at, at, at, at + interval '3 s',
        (CASE WHEN n % 20 = 0 THEN 'FAILED' WHEN n % 31 = 0 THEN 'TERMINATED' ELSE 'COMPLETED' END)::\"AgentExecutionStatus\",
        $2, '{\"city\": \"Ghent\"}', $1, jsonb_build_object('cost', n % 40, 'walltime', (n % 1000) / 64.0, 'cputime', 0.5,
        'nodes_walltime', 3.125, 'nodes_cputime', 0.625, 'node_count', 4, 'node_error_count', 0, 'error', NULL,
        'activity_status', 'It told the weather.', 'correctness_score', (50 + n % 50) / 100.0)
    FROM generate_series($3::int, $4::int) AS n
    CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE 'UTC')::date
        - $6::int * interval '1 day' * (1 - n / $5::float8) AS at) AS times";
const AGGREGATE: &str = "
    SELECT \"agentGraphId\", count(*), count(*) FILTER (WHERE \"executionStatus\" = 'COMPLETED'),
        count(*) FILTER (WHERE \"executionStatus\" = 'FAILED'), count(*) FILTER (WHERE \"executionStatus\" = 'TERMINATED'),
        sum((stats ->> 'cost')::bigint), sum((stats ->> 'walltime')::float8), avg((stats ->> 'walltime')::float8)
    FROM \"AgentGraphExecution\"
    WHERE \"userId\" = :user AND NOT \"isDeleted\"
    GROUP BY 1;
";

/// Who has so many executions.
pub(crate) fn user(size: u32) -> String {
    format!("user-{size}")
}

/// The graph that all of them are of.
pub(crate) fn graph(size: u32) -> String {
    format!("graph-{size}")
}

/// The summary of a month that neither begins nor ends with a minute.
pub(super) fn ragged_month() -> String {
    let at = |days_ago: i64, millis: i64| {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_secs().cast_signed());
        let midnight = now / 86_400 * 86_400 - days_ago * 86_400;
        runledger_models::Timestamp::from_millis(midnight * 1000 + millis).map_or_else(String::new, |at| at.to_string())
    };
    let (start, end) = (at(50, 13 * 3_600_000 + 1_234_567), at(19, 17 * 3_600_000 + 2_345_678));
    format!("/api/summary?start_time={start}&end_time={end}")
}

/// Makes a user with so many executions.
pub(crate) async fn fill(database: &Database, size: u32) -> Result<()> {
    let client = database.session().await?;
    let (user, graph) = (user(size), graph(size));
    client.execute(GRAPH, &[&graph, &user]).await?;
    let (total, days) = (f64::from(size), DAYS.cast_signed());
    let mut next = 1;
    while next <= size {
        let last = (next + BATCH - 1).min(size);
        client
            .execute(
                EXECUTIONS,
                &[&user, &graph, &next.cast_signed(), &last.cast_signed(), &total, &days],
            )
            .await
            .context("make executions")?;
        next = last + 1;
    }
    Ok(())
}

/// Milliseconds that pgbench needs for the plain SQL aggregate over a user's executions.
pub(super) async fn aggregate(options: &Options, database: &Url, user: &str) -> Result<f64> {
    let arguments = ["--transactions=5".to_owned(), format!("--define=user={user}")];
    let told = pgbench::run(options, database, "aggregate.sql", AGGREGATE, &arguments).await?;
    pgbench::latency(&told)
}
