-- A graph execution (INCOMPLETE) with its starting nodes (QUEUED) and their inputs.
WITH starting AS (
    SELECT node.place, node.item ->> 'id' AS id, node.item ->> 'node_id' AS node_id, node.item -> 'inputs' AS inputs
    FROM jsonb_array_elements(($1::jsonb ->> 'starting_nodes')::jsonb) WITH ORDINALITY AS node (item, place)
),
graph AS (
    SELECT id, version FROM "AgentGraph"
    WHERE id = $1 ->> 'graph_id' AND version = ($1 ->> 'graph_version')::int
),
known AS (
    SELECT starting.*, node."agentBlockId" AS block_id
    FROM starting
    LEFT JOIN "AgentNode" node ON node.id = starting.node_id
        AND node."agentGraphId" = $1 ->> 'graph_id' AND node."agentGraphVersion" = ($1 ->> 'graph_version')::int
),
invalid AS (
    SELECT '/graph_version' AS pointer, 'names no version of this graph' AS detail
    WHERE NOT EXISTS (SELECT FROM graph)
    UNION ALL
    SELECT format('/starting_nodes_input/%s/node_id', place - 1), 'names no node of this graph version'
    FROM known WHERE block_id IS NULL AND EXISTS (SELECT FROM graph)
    UNION ALL
    SELECT '/parent_graph_exec_id', 'names no execution of this user'
    WHERE $1 ->> 'parent_id' IS NOT NULL AND NOT EXISTS (
        SELECT FROM "AgentGraphExecution" parent
        WHERE parent.id = $1 ->> 'parent_id' AND parent."userId" = $1 ->> 'user_id' AND NOT parent."isDeleted")
),
e AS (
    INSERT INTO "AgentGraphExecution" (id, "createdAt", "updatedAt", "executionStatus", "agentGraphId",
        "agentGraphVersion", "agentPresetId", inputs, "credentialInputs", "nodesInputMasks", "userId",
        "parentGraphExecutionId")
    SELECT $1 ->> 'id', now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', 'INCOMPLETE', id,
        version, $1 ->> 'preset_id', ($1 ->> 'inputs')::jsonb,
        ($1 ->> 'credential_inputs')::jsonb, ($1 ->> 'nodes_input_masks')::jsonb,
        $1 ->> 'user_id', $1 ->> 'parent_id'
    FROM graph WHERE NOT EXISTS (SELECT FROM invalid)
    RETURNING *
),
queued AS (
    INSERT INTO "AgentNodeExecution" (id, "agentGraphExecutionId", "agentNodeId", "executionStatus", "addedTime",
        "queuedTime")
    SELECT known.id, e.id, known.node_id, 'QUEUED', e."createdAt", e."createdAt"
    FROM known CROSS JOIN e
    RETURNING *
),
given AS (
    INSERT INTO "AgentNodeExecutionInputOutput" (id, name, data, time, "referencedByInputExecId")
    SELECT input ->> 'id', input ->> 'name', input -> 'data', e."createdAt", known.id
    FROM e CROSS JOIN known CROSS JOIN jsonb_array_elements(known.inputs) AS input
)
SELECT coalesce(
    (SELECT json_build_object('of', e.id, 'ok', json_build_object(
        'execution', runledger.execution_json(e),
        'values', json_build_object('inputs', e.inputs, 'credential_inputs', e."credentialInputs",
            'nodes_input_masks', e."nodesInputMasks", 'stats', e.stats, 'is_cut', false),
        'boundary', (
            SELECT coalesce(json_agg(json_build_object('block_type', registry.block_type,
                'data', json_build_object('inputs', known.inputs)) ORDER BY known.place), '[]')
            FROM known
            JOIN runledger.block_registry registry ON registry.block_id = known.block_id),
        'nodes', (
            SELECT coalesce(json_agg(json_build_object('node', runledger.node_json(n, e, known.block_id),
                'data', json_build_object('inputs', known.inputs)) ORDER BY known.place), '[]')
            FROM known
            JOIN queued n ON n.id = known.id)))
    FROM e),
    (SELECT json_build_object('invalid', json_agg(invalid)) FROM invalid)
)::text
