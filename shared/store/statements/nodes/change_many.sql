-- nodes/change_many
-- Rows are locked in the order of their ids, so that two of these cannot wait for each other.
WITH locked AS MATERIALIZED (
    SELECT n.id, n."executionStatus" FROM "AgentNodeExecution" n
    JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId"
    WHERE n.id IN (SELECT jsonb_array_elements_text($1::jsonb -> 'ids'))
        AND ($1 ->> 'user_id' IS NULL OR e."userId" = $1 ->> 'user_id')
    ORDER BY n.id
    FOR NO KEY UPDATE OF n
),
-- Another status, with the times, data and statistics that go with it, for those that are `locked` and may take it.
changed AS (
    UPDATE "AgentNodeExecution" n
    SET "executionStatus" = ($1 ->> 'status')::"AgentExecutionStatus",
        "queuedTime" = CASE WHEN $1 ->> 'status' = 'QUEUED'
            THEN clock_timestamp() AT TIME ZONE 'UTC' ELSE n."queuedTime" END,
        "startedTime" = CASE WHEN $1 ->> 'status' = 'RUNNING'
            THEN coalesce(n."startedTime", clock_timestamp() AT TIME ZONE 'UTC') ELSE n."startedTime" END,
        "endedTime" = CASE WHEN runledger.is_terminal(($1 ->> 'status')::"AgentExecutionStatus")
            THEN clock_timestamp() AT TIME ZONE 'UTC' END,
        "executionData" = coalesce(nullif(($1 ->> 'execution_data')::jsonb, '{}'), n."executionData"),
        stats = coalesce(($1 ->> 'stats')::jsonb, n.stats)
    FROM locked
    WHERE n.id = locked.id AND $1 -> 'allowed_from' ? locked."executionStatus"::text
    RETURNING n.*
)
SELECT json_build_object('ok', (SELECT count(*) FROM changed))::text
