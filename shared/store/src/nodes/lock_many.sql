-- Rows are locked in the order of their ids, so that two of these cannot wait for each other.
WITH locked AS MATERIALIZED (
    SELECT n.id, n."executionStatus" FROM "AgentNodeExecution" n
    JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId"
    WHERE n.id IN (SELECT jsonb_array_elements_text($1::jsonb -> 'ids'))
        AND ($1 ->> 'user_id' IS NULL OR e."userId" = $1 ->> 'user_id')
    ORDER BY n.id
    FOR NO KEY UPDATE OF n
),
