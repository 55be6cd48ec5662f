-- pages/graphs
-- The graphs that ran in a range of time, with what their runs came to: whole days, hours and minutes from the rollups, the
-- rest from the rows. In the order that is asked for, and after a graph that was told already.
WITH part AS (
    SELECT * FROM runledger.parts_of_range(($1::jsonb ->> 'from')::timestamp(3), ($1 ->> 'to')::timestamp(3))
),
summed AS (
    SELECT sums.*
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
    SELECT graph_id, (sums).executions, (sums).completed, (sums).failed, (sums).terminated, (sums).with_stats,
        (sums).cost, (sums).duration, (sums).scored, (sums).score
    FROM part
    CROSS JOIN LATERAL runledger.sums_of_rows($1 ->> 'user_id', part.lower, part.upper)
    WHERE part.grain = 'r'
),
ranked AS MATERIALIZED (
    SELECT *, row_number() OVER (ORDER BY CASE $1 ->> 'sort'
        WHEN 'failed' THEN failed / nullif(completed + failed + terminated, 0)
        WHEN 'cost' THEN cost
        WHEN 'duration' THEN duration / nullif(with_stats, 0)
        ELSE executions END DESC NULLS LAST, graph_id) AS place
    FROM (
        SELECT graph_id, sum(executions) AS executions, sum(completed) AS completed, sum(failed) AS failed,
            sum(terminated) AS terminated, sum(with_stats) AS with_stats, sum(cost) AS cost, sum(duration) AS duration,
            sum(scored) AS scored, sum(score) AS score
        FROM summed
        GROUP BY graph_id
        HAVING sum(executions) <> 0
    ) AS graph
),
listed AS (
    SELECT *
    FROM ranked
    WHERE $1 ->> 'after' IS NULL OR place > (SELECT place FROM ranked WHERE graph_id = $1 ->> 'after')
    ORDER BY place
    LIMIT ($1 ->> 'limit')::int
)
SELECT json_build_object('ok', json_build_object(
    'total', (SELECT count(*) FROM ranked),
    'rows', (
        SELECT coalesce(json_agg(json_build_object(
            'graph_id', graph_id, 'graph_name', left(coalesce(nullif(newest.name, ''), 'Agent ' || left(graph_id, 8)), 200),
            'versions', (SELECT count(*) FROM "AgentGraph" WHERE id = graph_id COLLATE "default"), 'version', newest.version,
            'executions', executions, 'completed', completed, 'failed', failed, 'terminated', terminated,
            'with_stats', with_stats, 'cost', runledger.shown_number(cost), 'duration', runledger.shown_number(duration),
            'scored', scored, 'score', runledger.shown_number(score), 'last_run', coalesce(own.last_run, any_run.last_run))
            ORDER BY place), '[]')
        FROM listed
        LEFT JOIN LATERAL (
            SELECT name, version FROM "AgentGraph" WHERE id = graph_id COLLATE "default" ORDER BY version DESC LIMIT 1
        ) AS newest ON true
        LEFT JOIN LATERAL (
            SELECT "createdAt" AS last_run
            FROM "AgentGraphExecution"
            WHERE $1 ->> 'user_id' IS NOT NULL AND "userId" = $1 ->> 'user_id'
                AND "agentGraphId" = graph_id COLLATE "default" AND NOT "isDeleted"
            ORDER BY "createdAt" DESC, id DESC LIMIT 1) AS own ON true
        LEFT JOIN LATERAL (
            SELECT "createdAt" AS last_run
            FROM "AgentGraphExecution"
            WHERE $1 ->> 'user_id' IS NULL AND "agentGraphId" = graph_id COLLATE "default" AND NOT "isDeleted"
            ORDER BY "createdAt" DESC, id DESC LIMIT 1) AS any_run ON true)))::text
