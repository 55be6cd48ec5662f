-- The values of an execution, and those that its inputs and outputs are gathered from.
WITH e AS (
    SELECT * FROM "AgentGraphExecution"
    WHERE id = $1::jsonb ->> 'id' AND NOT "isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id')
),
edge AS (
    SELECT n.* FROM e
    JOIN "AgentNode" node ON node."agentGraphId" = e."agentGraphId" AND node."agentGraphVersion" = e."agentGraphVersion"
    JOIN runledger.block_registry registry ON registry.block_id = node."agentBlockId"
        AND registry.block_type IN ('INPUT', 'OUTPUT', 'WEBHOOK', 'WEBHOOK_MANUAL')
    JOIN "AgentNodeExecution" n ON n."agentGraphExecutionId" = e.id AND n."agentNodeId" = node.id
),
part (added, node_exec_id, place, time, id, source, name, value) AS (
    SELECT '-infinity'::timestamp, NULL, own.place, NULL::timestamp, NULL::text, own.source, NULL::text, own.value
    FROM e CROSS JOIN LATERAL (VALUES (1, 'inputs', e.inputs), (2, 'credential_inputs', e."credentialInputs"),
        (3, 'nodes_input_masks', e."nodesInputMasks"), (4, 'stats', e.stats)) AS own (place, source, value)
    UNION ALL
    SELECT edge."addedTime", edge.id, own.place, NULL, NULL, own.source, NULL, own.value
    FROM edge CROSS JOIN LATERAL (
        VALUES (1, 'stats', edge.stats), (2, 'execution_data', edge."executionData")) AS own (place, source, value)
    UNION ALL
    SELECT edge."addedTime", edge.id, 3, io.time, io.id, 'input', io.name, io.data
    FROM edge JOIN "AgentNodeExecutionInputOutput" io ON io."referencedByInputExecId" = edge.id
),
owner AS (SELECT id FROM e),
