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
