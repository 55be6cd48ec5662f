-- The node executions of `e` whose blocks carry the graph's own inputs and outputs, in queue order. Nodes that are
-- INCOMPLETE do not count, unless this very statement ends them.
SELECT coalesce(json_agg(json_build_object(
        'block_type', registry.block_type,
        'data', json_build_object('stats', n.stats, 'execution_data', n."executionData", 'inputs', (
            SELECT coalesce(json_agg(json_build_object('name', io.name, 'data', io.data)
                ORDER BY io.time, io.id), '[]')
            FROM "AgentNodeExecutionInputOutput" io
            WHERE io."referencedByInputExecId" = n.id)))
    ORDER BY n."queuedTime" IS NULL, coalesce(n."queuedTime", n."addedTime"), n."addedTime", n.id), '[]')
FROM "AgentNode" node
JOIN runledger.block_registry registry ON registry.block_id = node."agentBlockId"
    AND registry.block_type IN ('INPUT', 'OUTPUT', 'WEBHOOK', 'WEBHOOK_MANUAL')
JOIN "AgentNodeExecution" n ON n."agentGraphExecutionId" = e.id AND n."agentNodeId" = node.id
WHERE node."agentGraphId" = e."agentGraphId" AND node."agentGraphVersion" = e."agentGraphVersion"
    AND (n."executionStatus" <> 'INCOMPLETE' OR ($1 ->> 'ends_nodes')::boolean)
