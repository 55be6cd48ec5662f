-- The row is locked before it is judged, so that the answer to a writer that lost a race names the status that won.
WITH locked AS MATERIALIZED (
    SELECT n.* FROM "AgentNodeExecution" n
    JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId"
    WHERE n.id = $1::jsonb ->> 'id'
        AND ($1 ->> 'user_id' IS NULL OR e."userId" = $1 ->> 'user_id')
    FOR NO KEY UPDATE OF n
),
