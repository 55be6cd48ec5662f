-- data/read
-- The values of a node execution; or those of an execution, and those that its inputs and outputs are gathered from.
WITH e AS (
    SELECT * FROM "AgentGraphExecution"
    WHERE id = $1::jsonb ->> 'graph_exec_id' AND NOT "isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id')
),
n AS (
    SELECT n.* FROM "AgentNodeExecution" n
    JOIN "AgentGraphExecution" run ON run.id = n."agentGraphExecutionId"
    WHERE n.id = $1 ->> 'node_exec_id' AND NOT run."isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR run."userId" = $1 ->> 'user_id')
),
read AS (
    SELECT n.*, true AS with_outputs FROM n
    UNION ALL
    SELECT edge.*, false
    FROM e
    JOIN "AgentNode" node ON node."agentGraphId" = e."agentGraphId" AND node."agentGraphVersion" = e."agentGraphVersion"
    JOIN runledger.block_registry registry ON registry.block_id = node."agentBlockId"
        AND registry.block_type IN ('INPUT', 'OUTPUT', 'WEBHOOK', 'WEBHOOK_MANUAL')
    JOIN "AgentNodeExecution" edge ON edge."agentGraphExecutionId" = e.id AND edge."agentNodeId" = node.id
),
part (added, node_exec_id, place, time, id, source, name, value) AS (
    SELECT '-infinity'::timestamp, NULL, own.place, NULL::timestamp, NULL::text, own.source, NULL::text, own.value
    FROM e CROSS JOIN LATERAL (VALUES (1, 'inputs', e.inputs), (2, 'credential_inputs', e."credentialInputs"),
        (3, 'nodes_input_masks', e."nodesInputMasks"), (4, 'stats', e.stats)) AS own (place, source, value)
    UNION ALL
    SELECT read."addedTime", read.id, own.place, NULL, NULL, own.source, NULL, own.value
    FROM read CROSS JOIN LATERAL (
        VALUES (1, 'stats', read.stats), (2, 'execution_data', read."executionData")) AS own (place, source, value)
    UNION ALL
    SELECT read."addedTime", read.id, 3, io.time, io.id, 'input', io.name, io.data
    FROM read JOIN "AgentNodeExecutionInputOutput" io ON io."referencedByInputExecId" = read.id
    UNION ALL
    SELECT read."addedTime", read.id, 4, io.time, io.id, 'output', io.name, io.data
    FROM read JOIN "AgentNodeExecutionInputOutput" io ON io."referencedByOutputExecId" = read.id
    WHERE read.with_outputs
),
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
SELECT CASE WHEN EXISTS (SELECT FROM e) OR EXISTS (SELECT FROM n) THEN json_build_object('ok', (
    SELECT coalesce(json_agg(json_build_object('node_exec_id', node_exec_id, 'source', source, 'name', name,
        'piece', substr(value::text, CASE WHEN number = 1 THEN ($1 ->> 'offset')::int ELSE 0 END + 1, 1048576),
        'is_last', is_small OR length(value::text) <= ($1 ->> 'offset')::int + 1048576) ORDER BY number), '[]')
    FROM taken
    WHERE are_small OR number = 1))
ELSE '{"missing": true}'::json END::text
