-- Which user's graphs finished how often in the time asked for, summed up as summaries are.
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
    UNION ALL
    SELECT graph_id, user_id, executions
    FROM ragged
    CROSS JOIN LATERAL runledger.finished_rows($1 ->> 'user_id', ragged.lower, ragged.upper)
),
frequent AS (
    SELECT graph_id, user_id, sum(executions) AS executions
    FROM finished
    GROUP BY graph_id, user_id
    HAVING sum(executions) >= ($1 ->> 'min_executions')::int
)
