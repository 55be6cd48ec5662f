-- The newest by the time when it was queued; one that never was counts by the time when it was added.
WITH n AS (
    SELECT n.* FROM "AgentNodeExecution" n
    JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId"
    WHERE n."agentGraphExecutionId" = $1::jsonb ->> 'execution' AND n."agentNodeId" = $1 ->> 'node'
        AND n."executionStatus" <> 'INCOMPLETE' AND NOT e."isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR e."userId" = $1 ->> 'user_id')
    ORDER BY coalesce(n."queuedTime", n."addedTime") DESC, n."addedTime" DESC, n.id DESC
    LIMIT 1
),
refusal AS (SELECT NULL::json AS outcome WHERE false)
