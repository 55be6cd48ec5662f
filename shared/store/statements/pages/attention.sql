-- pages/attention
-- What needs a look: what failed in the last day (of its newest runs), what waits or runs for too long, what else is at work,
-- and the alerts that are open.
WITH late AS (
    SELECT e.id, "userId", "agentGraphId", "agentGraphVersion", "executionStatus",
        CASE "executionStatus" WHEN 'QUEUED' THEN coalesce("updatedAt", "createdAt")
            ELSE coalesce("startedAt", "createdAt") END AS since
    FROM runledger.executions_at_work noted
    JOIN "AgentGraphExecution" e ON e.id = noted.id COLLATE "default"
    WHERE "executionStatus" IN ('QUEUED', 'RUNNING') AND NOT "isDeleted"
        AND ($1::jsonb ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id')
),
at_work AS MATERIALIZED (
    SELECT late.*, since < (now() AT TIME ZONE 'UTC')
        - CASE "executionStatus" WHEN 'QUEUED' THEN interval '5 minutes' ELSE interval '24 hours' END AS is_late
    FROM late
),
recent AS (
    (SELECT id, "createdAt", "agentGraphId", "agentGraphVersion", "executionStatus", stats
    FROM "AgentGraphExecution"
    WHERE $1 ->> 'user_id' IS NOT NULL AND "userId" = $1 ->> 'user_id' AND NOT "isDeleted"
        AND "createdAt" >= (now() AT TIME ZONE 'UTC') - interval '1 day'
    ORDER BY "createdAt" DESC, id DESC
    LIMIT 2000)
    UNION ALL
    (SELECT id, "createdAt", "agentGraphId", "agentGraphVersion", "executionStatus", stats
    FROM "AgentGraphExecution"
    WHERE $1 ->> 'user_id' IS NULL AND NOT "isDeleted" AND "createdAt" >= (now() AT TIME ZONE 'UTC') - interval '1 day'
    ORDER BY "createdAt" DESC, id DESC
    LIMIT 2000)
),
listed AS (
    (SELECT 'failed' AS kind, id, "agentGraphId" AS graph_id, "agentGraphVersion" AS graph_version,
        "executionStatus" AS status, "createdAt" AS at, left(stats ->> 'error', 240) AS detail
    FROM recent
    WHERE "executionStatus" = 'FAILED'
    ORDER BY "createdAt" DESC, id DESC
    LIMIT ($1 ->> 'limit')::int)
    UNION ALL
    (SELECT 'late', id, "agentGraphId", "agentGraphVersion", "executionStatus", since, NULL
    FROM at_work
    WHERE is_late
    ORDER BY since, id
    LIMIT ($1 ->> 'limit')::int)
    UNION ALL
    (SELECT 'at_work', id, "agentGraphId", "agentGraphVersion", "executionStatus", since, NULL
    FROM at_work
    WHERE NOT is_late
    ORDER BY since DESC, id
    LIMIT ($1 ->> 'limit')::int)
    UNION ALL
    (SELECT 'alert', id, graph_id, NULL, NULL, detected_at AT TIME ZONE 'UTC', drop_percent::text
    FROM runledger.accuracy_alerts
    WHERE recovered_at IS NULL AND ($1 ->> 'user_id' IS NULL OR user_id = $1 ->> 'user_id')
        AND ($1 ->> 'has_alerts')::boolean
    ORDER BY detected_at DESC, id
    LIMIT ($1 ->> 'limit')::int)
)
SELECT json_build_object('ok', json_build_object(
    'queued', (SELECT count(*) FROM at_work WHERE "executionStatus" = 'QUEUED'),
    'running', (SELECT count(*) FROM at_work WHERE "executionStatus" = 'RUNNING'),
    'late', (SELECT count(*) FROM at_work WHERE is_late),
    'rows', (
        SELECT coalesce(json_agg(json_build_object('kind', kind, 'id', listed.id, 'graph_id', graph_id,
            'graph_name', left(coalesce(nullif(newest.name, ''), 'Agent ' || left(graph_id, 8)), 200),
            'graph_version', graph_version, 'status', status, 'created_at', at, 'detail', detail)
            ORDER BY CASE kind WHEN 'late' THEN at END, at DESC, listed.id), '[]')
        FROM listed
        LEFT JOIN LATERAL (
            SELECT name FROM "AgentGraph" WHERE id = graph_id COLLATE "default" ORDER BY version DESC LIMIT 1
        ) AS newest ON true)))::text
