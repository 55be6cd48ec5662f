-- queue/pop
-- The oldest entry that nobody has, under a new id and for as long as the lease says. What others are taking at this
-- moment is passed over; what they have taken meanwhile no longer fits once it is locked.
WITH e AS (
    SELECT * FROM "AgentGraphExecution"
    WHERE id = $1::jsonb ->> 'graph_exec_id' AND NOT "isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id')
),
next AS MATERIALIZED (
    SELECT waiting.graph_exec_id, waiting.place FROM runledger.queue_entries waiting
    WHERE waiting.graph_exec_id = (SELECT id FROM e)
        AND (waiting.user_id IS NULL OR waiting.user_id = (SELECT "userId" FROM e))
        AND (waiting.leased_until IS NULL OR waiting.leased_until <= clock_timestamp())
    ORDER BY waiting.place
    LIMIT 1
    FOR UPDATE SKIP LOCKED
),
entry AS (
    UPDATE runledger.queue_entries taken
    SET id = $1 ->> 'id',
        leased_until = clock_timestamp() + ($1 ->> 'lease_seconds')::int * interval '1 second'
    FROM next
    WHERE taken.graph_exec_id = next.graph_exec_id AND taken.place = next.place
    RETURNING taken.*
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
    (SELECT '{"nothing": true}'::json FROM e),
    '{"missing": true}')::text
