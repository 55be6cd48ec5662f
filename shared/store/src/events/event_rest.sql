        )) END,
    'node', CASE WHEN event.node_exec_id IS NOT NULL AND size.bytes <= ($1 ->> 'most_data')::bigint THEN
        json_build_object(
            'user_id', event.user_id, 'graph_id', event.graph_id, 'graph_version', event.graph_version,
            'graph_exec_id', event.graph_exec_id, 'id', event.node_exec_id, 'node_id', event.node_id,
            'block_id', (SELECT "agentBlockId" FROM "AgentNode" WHERE id = event.node_id), 'status', event.status,
            'add_time', event.created_at, 'queue_time', event.queued_at, 'start_time', event.started_at,
            'end_time', event.ended_at,
            'data', json_build_object(
                'stats', CASE WHEN n.stats ?| ARRAY['cleared_inputs', 'cleared_outputs'] THEN n.stats END,
                'execution_data', n."executionData",
                'inputs', (
                    SELECT coalesce(json_agg(json_build_object('name', io.name, 'data', io.data)
                        ORDER BY io.time, io.id), '[]')
                    FROM "AgentNodeExecutionInputOutput" io
                    WHERE io."referencedByInputExecId" = event.node_exec_id),
                'outputs', (
                    SELECT coalesce(json_agg(json_build_object('name', io.name, 'data', io.data)
                        ORDER BY io.time, io.id), '[]')
                    FROM "AgentNodeExecutionInputOutput" io
                    WHERE io."referencedByOutputExecId" = event.node_exec_id))) END
)::text AS body
FROM found AS event
LEFT JOIN "AgentGraphExecution" e ON e.id = event.graph_exec_id AND event.node_exec_id IS NULL
LEFT JOIN "AgentNodeExecution" n ON n.id = event.node_exec_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(bytes), 0)::bigint AS bytes
    FROM (
        SELECT octet_length(e.inputs::text) + coalesce(octet_length(e."credentialInputs"::text), 0)
            + coalesce(octet_length(e."nodesInputMasks"::text), 0)
        WHERE event.node_exec_id IS NULL
        UNION ALL
        SELECT coalesce(octet_length(n.stats::text), 0) + coalesce(octet_length(n."executionData"::text), 0)
        WHERE event.node_exec_id IS NOT NULL
        UNION ALL
        SELECT octet_length(io.data::text)
        FROM "AgentNodeExecutionInputOutput" io
        WHERE io."referencedByInputExecId" = event.node_exec_id
        UNION ALL
        SELECT octet_length(io.data::text)
        FROM "AgentNodeExecutionInputOutput" io
        WHERE io."referencedByOutputExecId" = event.node_exec_id
        UNION ALL
        SELECT coalesce(octet_length(edge.stats::text), 0) + coalesce(octet_length(edge."executionData"::text), 0)
            + (SELECT coalesce(sum(octet_length(io.data::text)), 0) FROM "AgentNodeExecutionInputOutput" io
               WHERE io."referencedByInputExecId" = edge.id)
        FROM "AgentNode" node
        JOIN runledger.block_registry registry ON registry.block_id = node."agentBlockId"
            AND registry.block_type IN ('INPUT', 'OUTPUT', 'WEBHOOK', 'WEBHOOK_MANUAL')
        JOIN "AgentNodeExecution" edge ON edge."agentGraphExecutionId" = e.id AND edge."agentNodeId" = node.id
        WHERE node."agentGraphId" = e."agentGraphId" AND node."agentGraphVersion" = e."agentGraphVersion"
    ) AS part (bytes)
) AS size
