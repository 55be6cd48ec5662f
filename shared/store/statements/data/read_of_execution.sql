-- data/read_of_execution
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
-- The values after the first `skip`, as many as are small, or a piece of one that is large.
next AS (
    SELECT *, row_number() OVER in_order AS number,
        -- Of 4 MiB, a quarter for one value.
        runledger.bytes_used(4194304, 256 + coalesce(octet_length(name), 0), value, NULL, NULL, NULL) OVER in_order AS used
    FROM (
        SELECT * FROM part
        WHERE value IS NOT NULL
        ORDER BY added, node_exec_id NULLS FIRST, place, time, id
        OFFSET ($1 ->> 'skip')::bigint
        LIMIT 200
    ) AS rest
    WINDOW in_order AS (ORDER BY added, node_exec_id NULLS FIRST, place, time, id)
),
sized AS (
    SELECT next.*, number > 1 OR ($1 ->> 'offset')::int = 0 AS begins,
        runledger.shown_bytes(value, 1048576) <= 1048576 AS is_small
    FROM next
    WHERE used <= 4194304
),
taken AS (
    SELECT sized.*, bool_and(begins AND is_small) OVER (ORDER BY number) AS are_small FROM sized
)
SELECT CASE WHEN EXISTS (SELECT FROM owner) THEN json_build_object('ok', (
    SELECT coalesce(json_agg(json_build_object('node_exec_id', node_exec_id, 'source', source, 'name', name,
        'piece', substr(value::text, CASE WHEN number = 1 THEN ($1 ->> 'offset')::int ELSE 0 END + 1, 1048576),
        'is_last', is_small OR length(value::text) <= ($1 ->> 'offset')::int + 1048576) ORDER BY number), '[]')
    FROM taken
    WHERE are_small OR number = 1))
ELSE '{"missing": true}'::json END::text
