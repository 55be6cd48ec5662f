-- summary/summary
-- What the executions of a range of time came to, both ends included, in all and for each graph: whole days, hours and minutes
-- from the rollups, the rest from the rows.
WITH part AS (
    SELECT * FROM runledger.parts_of_range(
        ($1::jsonb ->> 'from')::timestamp(3), ($1 ->> 'to')::timestamp(3) + interval '1 ms')
),
summed AS (
    SELECT sums.*
    FROM part
    -- One look into the index for each part, never a join over all rollups: a user's own index, or that of all.
    CROSS JOIN LATERAL (
        SELECT graph_id, executions, completed, failed, terminated, with_stats, cost, duration
        FROM runledger.execution_rollups rollup
        WHERE $1 ->> 'user_id' IS NOT NULL AND rollup.user_id = $1 ->> 'user_id'
            AND rollup.grain = part.grain AND rollup.bucket >= part.lower AND rollup.bucket < part.upper
        UNION ALL
        SELECT graph_id, executions, completed, failed, terminated, with_stats, cost, duration
        FROM runledger.execution_rollups rollup
        WHERE $1 ->> 'user_id' IS NULL
            AND rollup.grain = part.grain AND rollup.bucket >= part.lower AND rollup.bucket < part.upper
        OFFSET 0
    ) AS sums
    WHERE part.grain <> 'r'
    UNION ALL
    SELECT graph_id, (sums).executions, (sums).completed, (sums).failed, (sums).terminated, (sums).with_stats,
        (sums).cost, (sums).duration
    FROM part
    CROSS JOIN LATERAL runledger.sums_of_rows($1 ->> 'user_id', part.lower, part.upper)
    WHERE part.grain = 'r'
),
graph AS (
    SELECT graph_id, sum(executions) AS executions, sum(completed) AS completed, sum(failed) AS failed,
        sum(terminated) AS terminated, sum(with_stats) AS with_stats, sum(cost) AS cost, sum(duration) AS duration
    FROM summed
    GROUP BY graph_id
    HAVING sum(executions) <> 0
),
-- The newest version's name. Which of the graphs that ran most ran last decides between them. (Rollups have the collation
-- "C": without a word the platform's indexes, which have another, are not used.)
named AS (
    SELECT graph.*, coalesce(nullif(newest.name, ''), 'Agent ' || left(graph_id, 8)) AS name, last_run
    FROM graph
    LEFT JOIN LATERAL (
        SELECT name FROM "AgentGraph" WHERE id = graph_id COLLATE "default" ORDER BY version DESC LIMIT 1) AS newest ON true
    LEFT JOIN LATERAL (
        SELECT e."createdAt" AS last_run
        FROM "AgentGraphExecution" e
        WHERE e."agentGraphId" = graph_id COLLATE "default" AND NOT e."isDeleted"
            AND e."createdAt" BETWEEN ($1 ->> 'from')::timestamp(3) AND ($1 ->> 'to')::timestamp(3)
            AND ($1 ->> 'user_id' IS NULL OR e."userId" = $1 ->> 'user_id')
            AND graph.executions = (SELECT max(executions) FROM graph)
        ORDER BY e."createdAt" DESC LIMIT 1) AS latest ON true
)
SELECT json_build_object('ok', json_build_object(
    'executions', coalesce(sum(executions), 0), 'completed', coalesce(sum(completed), 0),
    'failed', coalesce(sum(failed), 0), 'terminated', coalesce(sum(terminated), 0),
    'with_stats', coalesce(sum(with_stats), 0), 'cost', coalesce(sum(cost), 0),
    -- What is beyond a double is shown as nearly the largest one.
    'duration', least(greatest(coalesce(sum(duration), 0), -1.7e308), 1.7e308),
    'average', least(greatest(coalesce(sum(duration) / nullif(sum(with_stats), 0), 0), -1.7e308), 1.7e308),
    'agents', coalesce(json_agg(json_build_object('graph_id', graph_id, 'name', name, 'executions', executions,
        'with_stats', with_stats, 'cost', cost)
        ORDER BY executions DESC, last_run DESC NULLS LAST, graph_id), '[]')))::text
FROM named
