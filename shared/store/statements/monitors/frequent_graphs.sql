-- monitors/frequent_graphs
-- Which user's graphs finished how often in the time asked for, most first; summed up as summaries are.
WITH part AS (
    SELECT * FROM runledger.parts_of_range(
        ($1::jsonb ->> 'from')::timestamp(3), ($1 ->> 'to')::timestamp(3) + interval '1 ms')
),
finished AS (
    SELECT sums.*
    FROM part
    CROSS JOIN LATERAL (
        SELECT graph_id, user_id, completed + failed + terminated AS executions
        FROM runledger.execution_rollups rollup
        WHERE rollup.grain = part.grain AND rollup.bucket >= part.lower AND rollup.bucket < part.upper
            AND ($1 ->> 'user_id' IS NULL OR rollup.user_id = $1 ->> 'user_id')
        OFFSET 0
    ) AS sums
    WHERE part.grain <> 'r'
    UNION ALL
    SELECT graph_id, user_id, executions
    FROM part
    CROSS JOIN LATERAL runledger.finished_rows($1 ->> 'user_id', part.lower, part.upper)
    WHERE part.grain = 'r'
),
frequent AS (
    SELECT graph_id, user_id, sum(executions) AS executions
    FROM finished
    GROUP BY graph_id, user_id
    HAVING sum(executions) >= ($1 ->> 'min_executions')::int
)
SELECT json_build_object('ok', coalesce(json_agg(json_build_object('graph_id', graph_id, 'user_id', user_id,
    'execution_count', executions) ORDER BY executions DESC, graph_id, user_id), '[]'))::text
FROM frequent
