-- data/read_of_node_execution
-- The values of a node execution.
WITH n AS (
    SELECT n.* FROM "AgentNodeExecution" n
    JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId"
    WHERE n.id = $1::jsonb ->> 'id' AND NOT e."isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR e."userId" = $1 ->> 'user_id')
),
part (added, node_exec_id, place, time, id, source, name, value) AS (
    SELECT n."addedTime", n.id, own.place, NULL::timestamp, NULL::text, own.source, NULL::text, own.value
    FROM n CROSS JOIN LATERAL (
        VALUES (1, 'stats', n.stats), (2, 'execution_data', n."executionData")) AS own (place, source, value)
    UNION ALL
    SELECT n."addedTime", n.id, 3, io.time, io.id, 'input', io.name, io.data
    FROM n JOIN "AgentNodeExecutionInputOutput" io ON io."referencedByInputExecId" = n.id
    UNION ALL
    SELECT n."addedTime", n.id, 4, io.time, io.id, 'output', io.name, io.data
    FROM n JOIN "AgentNodeExecutionInputOutput" io ON io."referencedByOutputExecId" = n.id
),
owner AS (SELECT id FROM n),
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
