-- The node execution `n`, which has its graph execution's owner, graph and version beside its own columns. Its data are
-- left out, and not read, where the caller wants none.
json_build_object(
    'user_id', n."userId", 'graph_id', n."agentGraphId", 'graph_version', n."agentGraphVersion",
    'graph_exec_id', n."agentGraphExecutionId", 'id', n.id, 'node_id', n."agentNodeId",
    'block_id', (SELECT node."agentBlockId" FROM "AgentNode" node WHERE node.id = n."agentNodeId"),
    'status', n."executionStatus", 'add_time', n."addedTime", 'queue_time', n."queuedTime",
    'start_time', n."startedTime", 'end_time', n."endedTime",
    'data', CASE WHEN ($1 ->> 'without_data')::boolean IS NOT TRUE THEN json_build_object(
        'stats', n.stats, 'execution_data', n."executionData",
        'inputs', (
            SELECT coalesce(json_agg(json_build_object('name', io.name, 'data', io.data)
                ORDER BY io.time, io.id), '[]')
            FROM "AgentNodeExecutionInputOutput" io
            WHERE io."referencedByInputExecId" = n.id),
        'outputs', (
            SELECT coalesce(json_agg(json_build_object('name', io.name, 'data', io.data)
                ORDER BY io.time, io.id), '[]')
            FROM "AgentNodeExecutionInputOutput" io
            WHERE io."referencedByOutputExecId" = n.id)) END)
