-- monitors/late
-- Executions that wait or run for too long, the longest first. What waits or runs at all is noted in a table of its own, so
-- that neither history nor their age matters. (That table has the collation "C", and the index another.)
WITH late AS (
    SELECT e.id, "userId", "agentGraphId", "agentGraphVersion", "executionStatus",
        CASE "executionStatus" WHEN 'QUEUED' THEN coalesce("updatedAt", "createdAt")
            ELSE coalesce("startedAt", "createdAt") END AS since
    FROM runledger.executions_at_work noted
    JOIN "AgentGraphExecution" e ON e.id = noted.id COLLATE "default"
    WHERE "executionStatus" IN ('QUEUED', 'RUNNING') AND NOT "isDeleted"
        AND ($1::jsonb ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id')
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
