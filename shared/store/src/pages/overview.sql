-- What the runs of two ranges of time came to, the range before and that which is asked about, and the graphs that ran most
-- in the latter: whole days, hours and minutes from the rollups, the rest from the rows.
WITH part AS (
    SELECT range.is_now, part.*
    FROM (VALUES
        (false, ($1::jsonb ->> 'before')::timestamp(3), ($1 ->> 'from')::timestamp(3)),
        (true, ($1 ->> 'from')::timestamp(3), ($1 ->> 'to')::timestamp(3))
    ) AS range (is_now, lower, upper)
    CROSS JOIN LATERAL runledger.parts_of_range(range.lower, range.upper) AS part
),
summed AS (
    SELECT part.is_now, sums.*
    FROM part
    CROSS JOIN LATERAL (
        SELECT graph_id, executions, completed, failed, terminated, with_stats, cost, duration, scored, score
        FROM runledger.execution_rollups rollup
        WHERE $1 ->> 'user_id' IS NOT NULL AND rollup.user_id = $1 ->> 'user_id'
            AND rollup.grain = part.grain AND rollup.bucket >= part.lower AND rollup.bucket < part.upper
        UNION ALL
        SELECT graph_id, executions, completed, failed, terminated, with_stats, cost, duration, scored, score
        FROM runledger.execution_rollups rollup
        WHERE $1 ->> 'user_id' IS NULL
            AND rollup.grain = part.grain AND rollup.bucket >= part.lower AND rollup.bucket < part.upper
        OFFSET 0
    ) AS sums
    WHERE part.grain <> 'r'
    UNION ALL
    SELECT part.is_now, graph_id, (sums).executions, (sums).completed, (sums).failed, (sums).terminated, (sums).with_stats,
        (sums).cost, (sums).duration, (sums).scored, (sums).score
    FROM part
    CROSS JOIN LATERAL runledger.sums_of_rows($1 ->> 'user_id', part.lower, part.upper)
    WHERE part.grain = 'r'
),
graph AS (
    SELECT is_now, graph_id, sum(executions) AS executions, sum(completed) AS completed, sum(failed) AS failed,
        sum(terminated) AS terminated, sum(with_stats) AS with_stats, sum(cost) AS cost, sum(duration) AS duration,
        sum(scored) AS scored, sum(score) AS score
    FROM summed
    GROUP BY is_now, graph_id
    HAVING sum(executions) <> 0
),
-- What any sums are told as.
told AS (
    SELECT is_now, NULL AS graph_id, sum(executions) AS executions, sum(completed) AS completed, sum(failed) AS failed,
        sum(terminated) AS terminated, sum(with_stats) AS with_stats, sum(cost) AS cost, sum(duration) AS duration,
        sum(scored) AS scored, sum(score) AS score, 0 AS place
    FROM graph
    GROUP BY is_now
    UNION ALL
    (SELECT *, row_number() OVER (ORDER BY executions DESC, graph_id) AS place
    FROM graph
    WHERE is_now
    ORDER BY place
    LIMIT ($1 ->> 'limit')::int)
)
SELECT json_build_object('ok', coalesce(json_agg(json_build_object(
    'is_now', is_now, 'graph_id', graph_id,
    'graph_name', left(coalesce(nullif(newest.name, ''), 'Agent ' || left(graph_id, 8)), 200),
    'executions', executions, 'completed', completed, 'failed', failed, 'terminated', terminated, 'with_stats', with_stats,
    'cost', runledger.shown_number(cost), 'duration', runledger.shown_number(duration), 'scored', scored,
    'score', runledger.shown_number(score)) ORDER BY place), '[]'))::text
FROM told
LEFT JOIN LATERAL (
    SELECT name FROM "AgentGraph" WHERE id = graph_id COLLATE "default" ORDER BY version DESC LIMIT 1) AS newest ON true
