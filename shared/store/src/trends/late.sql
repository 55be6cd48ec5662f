-- Executions that wait or run for too long, the longest first. Which minutes hold executions that are
-- not finished is known from the rollups, day by day; only their rows are read. While rollups are not complete, all rows
-- of the time are.
WITH asked AS (
    SELECT (now() AT TIME ZONE 'UTC')::date - ($1::jsonb ->> 'days_back')::int AS since,
        EXISTS (SELECT FROM runledger.rollup_backfill) AS incomplete
),
day AS (
    SELECT user_id, graph_id, bucket
    FROM runledger.execution_rollups
    WHERE grain = 'd' AND bucket >= (SELECT since FROM asked) AND bucket < '10000-01-01' AND NOT (SELECT incomplete FROM asked)
        AND ($1 ->> 'user_id' IS NULL OR user_id = $1 ->> 'user_id')
    GROUP BY user_id, graph_id, bucket
    HAVING sum(executions - completed - failed - terminated) > 0
),
minute AS (
    SELECT user_id, graph_id, minute.bucket
    FROM day
    CROSS JOIN LATERAL (
        SELECT bucket
        FROM runledger.execution_rollups rollup
        WHERE rollup.user_id = day.user_id AND rollup.graph_id = day.graph_id AND grain = 'm'
            AND rollup.bucket >= day.bucket AND rollup.bucket < day.bucket + interval '1 day'
        GROUP BY bucket
        HAVING sum(executions - completed - failed - terminated) > 0
        OFFSET 0
    ) AS minute
),
unfinished AS (
    SELECT found.*
    FROM minute
    CROSS JOIN LATERAL (
        SELECT * FROM "AgentGraphExecution" execution
        WHERE execution."userId" = minute.user_id AND execution."agentGraphId" = minute.graph_id
            AND execution."createdAt" >= minute.bucket AND execution."createdAt" < minute.bucket + interval '1 minute'
            AND NOT "isDeleted"
        OFFSET 0
    ) AS found
    UNION ALL
    SELECT * FROM "AgentGraphExecution"
    WHERE (SELECT incomplete FROM asked) AND NOT "isDeleted" AND "createdAt" >= (SELECT since FROM asked)
        AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id')
),
late AS (
    SELECT id, "userId", "agentGraphId", "agentGraphVersion", "executionStatus",
        CASE "executionStatus" WHEN 'QUEUED' THEN coalesce("updatedAt", "createdAt")
            ELSE coalesce("startedAt", "createdAt") END AS since
    FROM unfinished
    WHERE "executionStatus" IN ('QUEUED', 'RUNNING')
)
SELECT json_build_object('ok', coalesce(json_agg(json_build_object('id', id, 'user_id', "userId",
    'graph_id', "agentGraphId", 'graph_version', "agentGraphVersion", 'status', "executionStatus", 'since', since)
    ORDER BY since, id), '[]'))::text
FROM (
    SELECT * FROM late
    WHERE since < (now() AT TIME ZONE 'UTC')
        - CASE "executionStatus" WHEN 'QUEUED' THEN interval '5 minutes' ELSE interval '24 hours' END
    ORDER BY since, id
    LIMIT 1000
) AS listed
