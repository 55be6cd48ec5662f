-- Rollups that are not what the rows come to, both told.
WITH minute AS MATERIALIZED (
    SELECT "userId" AS user_id, "agentGraphId" AS graph_id, date_trunc('minute', "createdAt") AS minute,
        count(*) AS executions, count(*) FILTER (WHERE "executionStatus" = 'COMPLETED') AS completed,
        count(*) FILTER (WHERE "executionStatus" = 'FAILED') AS failed,
        count(*) FILTER (WHERE "executionStatus" = 'TERMINATED') AS terminated, sum(readable) AS with_stats,
        sum(cost) AS cost, sum(duration) AS duration, count(score) FILTER (WHERE ended) AS scored,
        coalesce(sum(score) FILTER (WHERE ended), 0) AS score
    FROM "AgentGraphExecution"
    CROSS JOIN LATERAL runledger.read_stats(stats) AS read
    CROSS JOIN LATERAL (SELECT "executionStatus" IN ('COMPLETED', 'FAILED', 'TERMINATED') AS ended) AS judged
    WHERE NOT "isDeleted"
    GROUP BY 1, 2, 3
),
sums AS (
    SELECT user_id, graph_id, grain, date_trunc(unit, minute) AS bucket, 1 AS side, executions, completed, failed, terminated,
        with_stats, cost, duration, scored, score
    FROM minute
    CROSS JOIN (VALUES ('d'::"char", 'day'), ('h', 'hour'), ('m', 'minute')) AS grains (grain, unit)
    UNION ALL
    SELECT user_id, graph_id, grain, bucket, -1, -executions, -completed, -failed, -terminated, -with_stats, -cost,
        -duration, -scored, -score
    FROM runledger.execution_rollups
)
SELECT format('rollup %s %s of user %s, graph %s: the rows have %s executions (%s completed, %s failed, %s terminated, %s with '
    'stats, %s scored), %s cents, %s s and a score of %s more than it', grain, bucket, user_id, graph_id, sum(executions),
    sum(completed), sum(failed), sum(terminated), sum(with_stats), sum(scored), sum(cost), sum(duration), sum(score))
FROM sums
GROUP BY user_id, graph_id, grain, bucket
HAVING (sum(executions), sum(completed), sum(failed), sum(terminated), sum(with_stats), sum(cost), sum(duration),
    sum(scored), sum(score)) <> (0, 0, 0, 0, 0, 0, 0, 0, 0)
LIMIT 20
