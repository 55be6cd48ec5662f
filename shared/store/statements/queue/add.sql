-- queue/add
-- A node execution at the end of the queue.
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
)
SELECT coalesce(
    (SELECT json_build_object('of', entry.graph_exec_id, 'ok', json_build_object(
        'id', entry.id, 'leased_until', entry.leased_until AT TIME ZONE 'UTC',
        'execution_context', entry.execution_context,
        'node_execution', json_build_object(
            'node', runledger.node_json(n, e, (
                SELECT node."agentBlockId" FROM "AgentNode" node WHERE node.id = n."agentNodeId")),
            'data', (runledger.add_node_data(
                NULL, runledger.answer_budget($1) / 2, 'node', n.id, n.stats, n."executionData")).data)))
    FROM entry
    CROSS JOIN e
    JOIN "AgentNodeExecution" n ON n.id = entry.node_exec_id AND n."agentGraphExecutionId" = e.id),
    (SELECT json_build_object('invalid', json_build_array(json_build_object(
        'pointer', '/node_exec_id', 'detail', 'names no node execution of this execution')))
    FROM e),
    '{"missing": true}')::text
