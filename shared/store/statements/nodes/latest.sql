-- nodes/latest
-- The newest by the time when it was queued; one that never was counts by the time when it was added.
WITH n AS (
    SELECT n.* FROM "AgentNodeExecution" n
    JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId"
    WHERE n."agentGraphExecutionId" = $1::jsonb ->> 'execution' AND n."agentNodeId" = $1 ->> 'node'
        AND n."executionStatus" <> 'INCOMPLETE' AND NOT e."isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR e."userId" = $1 ->> 'user_id')
    ORDER BY coalesce(n."queuedTime", n."addedTime") DESC, n."addedTime" DESC, n.id DESC
    LIMIT 1
)
SELECT coalesce(
    (SELECT json_build_object('of', n."agentGraphExecutionId", 'ok', json_build_object(
        'node', runledger.node_json(n, e, (
            SELECT node."agentBlockId" FROM "AgentNode" node WHERE node.id = n."agentNodeId")),
        'data', (runledger.add_node_data(
            NULL, runledger.answer_budget($1), 'node', n.id, n.stats, n."executionData")).data))
    FROM n
    JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId"),
    '{"missing": true}')::text
