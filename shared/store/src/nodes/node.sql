-- The node execution `n`, which has its graph execution's owner, graph and version beside its own columns, and in `taken`
-- its data as far as the budget goes.
json_build_object(
    'user_id', n."userId", 'graph_id', n."agentGraphId", 'graph_version', n."agentGraphVersion",
    'graph_exec_id', n."agentGraphExecutionId", 'id', n.id, 'node_id', n."agentNodeId",
    'block_id', (SELECT node."agentBlockId" FROM "AgentNode" node WHERE node.id = n."agentNodeId"),
    'status', n."executionStatus", 'add_time', n."addedTime", 'queue_time', n."queuedTime",
    'start_time', n."startedTime", 'end_time', n."endedTime",
    'data', (n.taken).data)
