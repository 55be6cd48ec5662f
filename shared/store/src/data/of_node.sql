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
