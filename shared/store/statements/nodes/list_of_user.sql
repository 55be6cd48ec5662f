-- nodes/list_of_user
SELECT json_build_object('ok', (
SELECT json_build_object('rows', coalesce(json_agg(
-- The node execution `n`, which has its graph execution's owner, graph and version beside its own columns, and in `taken`
-- its data as far as the budget goes.
json_build_object(
    'user_id', n."userId", 'graph_id', n."agentGraphId", 'graph_version', n."agentGraphVersion",
    'graph_exec_id', n."agentGraphExecutionId", 'id', n.id, 'node_id', n."agentNodeId",
    'block_id', (SELECT node."agentBlockId" FROM "AgentNode" node WHERE node.id = n."agentNodeId"),
    'status', n."executionStatus", 'add_time', n."addedTime", 'queue_time', n."queuedTime",
    'start_time', n."startedTime", 'end_time', n."endedTime",
    'data', (n.taken).data)
) FILTER (WHERE (n.taken).bytes <= runledger.answer_budget($1)), '[]'), 'ends_early', coalesce(bool_or((n.taken).bytes > runledger.answer_budget($1)), false))
FROM (
SELECT n.*, runledger.node_data(runledger.answer_budget($1),
    'node', CASE WHEN ($1 ->> 'without_data')::boolean IS NOT TRUE THEN n.id END, n.stats, n."executionData")
    OVER (ORDER BY n."addedTime" DESC, n.id DESC) AS taken
FROM (
SELECT n.*, e."userId", e."agentGraphId", e."agentGraphVersion"
FROM "AgentNodeExecution" n
JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId"
WHERE NOT e."isDeleted" AND e."userId" = $1::jsonb ->> 'user_id'
    AND ($1 ->> 'node_id' IS NULL OR n."agentNodeId" = $1 ->> 'node_id')
    AND ($1 -> 'block_ids' IS NULL OR EXISTS (
        SELECT FROM "AgentNode" node
        WHERE node.id = n."agentNodeId" AND $1 -> 'block_ids' ? node."agentBlockId"))
    AND ($1 -> 'statuses' IS NULL OR $1 -> 'statuses' ? n."executionStatus"::text)
    -- As in the lists of executions: the lower bound compares rows, so that the planner does not expect a narrow range.
    AND (n."addedTime", n.id) >= (coalesce(($1 ->> 'created_from')::timestamp, '-infinity'), '')
    AND n."addedTime" <= coalesce(($1 ->> 'created_to')::timestamp, 'infinity')
    AND (n."addedTime", n.id) < (coalesce(($1 ->> 'before_time')::timestamp, 'infinity'),
        coalesce($1 ->> 'before_id', (SELECT max(id) || '0' FROM "AgentNodeExecution")))
ORDER BY n."addedTime" DESC, n.id DESC
LIMIT ($1::jsonb ->> 'limit')::int
) n
) n))::text
