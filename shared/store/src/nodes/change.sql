-- Another status, with the times, data and statistics that go with it. The row is locked before it is judged, so that
-- the answer to a writer that lost a race names the status that won.
WITH current AS MATERIALIZED (
    SELECT n.* FROM "AgentNodeExecution" n
    JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId"
    WHERE n.id = $1::jsonb ->> 'id' AND NOT e."isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR e."userId" = $1 ->> 'user_id')
    FOR NO KEY UPDATE OF n
),
changed AS (
    UPDATE "AgentNodeExecution" n
    SET "executionStatus" = ($1 ->> 'status')::"AgentExecutionStatus",
        "queuedTime" = CASE WHEN $1 ->> 'status' = 'QUEUED'
            THEN clock_timestamp() AT TIME ZONE 'UTC' ELSE n."queuedTime" END,
        "startedTime" = CASE WHEN $1 ->> 'status' = 'RUNNING'
            THEN coalesce(n."startedTime", clock_timestamp() AT TIME ZONE 'UTC') ELSE n."startedTime" END,
        "endedTime" = CASE WHEN $1 ->> 'status' IN ('COMPLETED', 'FAILED', 'TERMINATED')
            THEN clock_timestamp() AT TIME ZONE 'UTC' END,
        "executionData" = coalesce(nullif($1 -> 'execution_data', '{}'), n."executionData"),
        stats = CASE WHEN $1 -> 'stats' IS NULL THEN n.stats
            WHEN jsonb_typeof(n.stats) = 'object' THEN n.stats || ($1 -> 'stats') ELSE $1 -> 'stats' END
    FROM current
    WHERE n.id = current.id AND $1 -> 'allowed_from' ? current."executionStatus"::text
    RETURNING n.*
),
n AS (
    SELECT * FROM changed
    UNION ALL
    SELECT * FROM current WHERE "executionStatus"::text = $1 ->> 'status' AND NOT EXISTS (SELECT FROM changed)
),
refusal AS (
    SELECT json_build_object('illegal_move', json_build_object('current', "executionStatus", 'to', $1 ->> 'status'))
        AS outcome
    FROM current
)
