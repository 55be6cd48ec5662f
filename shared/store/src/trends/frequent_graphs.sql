-- Which user's graphs finished how often in the last days. While rollups are not complete the rows themselves are read.
WITH finished AS (
    SELECT graph_id, user_id, completed + failed + terminated AS executions
    FROM runledger.execution_rollups
    WHERE grain = 'd' AND bucket >= (now() AT TIME ZONE 'UTC')::date - ($1::jsonb ->> 'days_back')::int
        AND ($1 ->> 'user_id' IS NULL OR user_id = $1 ->> 'user_id')
        AND NOT EXISTS (SELECT FROM runledger.rollup_backfill)
    UNION ALL
    SELECT graph_id, user_id, finished
    FROM runledger.days_without_rollups(NULL, $1 ->> 'user_id',
        (now() AT TIME ZONE 'UTC')::date - ($1 ->> 'days_back')::int)
),
frequent AS (
    SELECT graph_id, user_id, sum(executions) AS executions
    FROM finished
    GROUP BY graph_id, user_id
    HAVING sum(executions) >= ($1 ->> 'min_executions')::int
)
