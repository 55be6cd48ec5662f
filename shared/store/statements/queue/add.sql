-- queue/add
WITH e AS (
    SELECT * FROM "AgentGraphExecution"
    WHERE id = $1::jsonb ->> 'graph_exec_id' AND NOT "isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id')
),
entry AS (
    INSERT INTO runledger.queue_entries (id, graph_exec_id, user_id, node_exec_id, execution_context)
    SELECT $1 ->> 'id', e.id, e."userId", n.id, ($1 ->> 'execution_context')::jsonb
    FROM e
    JOIN "AgentNodeExecution" n ON n."agentGraphExecutionId" = e.id AND n.id = $1 ->> 'node_exec_id'
    RETURNING *
),
refusal AS (
    SELECT json_build_object('invalid', json_build_array(json_build_object(
        'pointer', '/node_exec_id', 'detail', 'names no node execution of this execution'))) AS outcome
    FROM e
)
SELECT coalesce(
(SELECT json_build_object('of', entry.graph_exec_id, 'ok', json_build_object('id', entry.id,
    'leased_until', entry.leased_until AT TIME ZONE 'UTC',
    'execution_context', entry.execution_context, 'node',
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
FROM entry
JOIN (SELECT n.*, e."userId", e."agentGraphId", e."agentGraphVersion", runledger.add_node_data(
        NULL, runledger.answer_budget($1) / 2, 'node', n.id, n.stats, n."executionData") AS taken
    FROM e JOIN "AgentNodeExecution" n ON n."agentGraphExecutionId" = e.id) n
    ON n.id = entry.node_exec_id),
(SELECT outcome FROM refusal),
'{"missing": true}')::text
