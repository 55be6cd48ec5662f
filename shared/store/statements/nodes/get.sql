-- nodes/get
WITH n AS (
    SELECT n.* FROM "AgentNodeExecution" n
    JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId"
    WHERE n.id = $1::jsonb ->> 'id' AND NOT e."isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR e."userId" = $1 ->> 'user_id')
),
refusal AS (SELECT NULL::json AS outcome WHERE false)
SELECT coalesce(
(SELECT json_build_object('of', n."agentGraphExecutionId", 'ok', json_build_object('node',
-- The node execution `n`, which has its graph execution's owner, graph and version beside its own columns, and in `taken`
-- its data as far as the budget goes.
json_build_object(
    'user_id', n."userId", 'graph_id', n."agentGraphId", 'graph_version', n."agentGraphVersion",
    'graph_exec_id', n."agentGraphExecutionId", 'id', n.id, 'node_id', n."agentNodeId",
    'block_id', (SELECT node."agentBlockId" FROM "AgentNode" node WHERE node.id = n."agentNodeId"),
    'status', n."executionStatus", 'add_time', n."addedTime", 'queue_time', n."queuedTime",
    'start_time', n."startedTime", 'end_time', n."endedTime",
    'data', (n.taken).data)
))
FROM (SELECT n.*, e."userId", e."agentGraphId", e."agentGraphVersion", runledger.add_node_data(
        NULL, runledger.answer_budget($1), 'node', n.id, n.stats, n."executionData") AS taken
    FROM n
    JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId") n),
(SELECT outcome FROM refusal),
'{"missing": true}')::text
