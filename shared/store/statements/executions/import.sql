-- executions/import
-- Reads all of "AgentNode": an import is taken for ten thousand node runs, each of which looks its node up.
-- Executions from elsewhere, in any status, with their nodes and their data: all of them or none.
WITH item AS (
    SELECT place - 1 AS place, item, item ->> 'id' AS id, item ->> 'user_id' AS user_id,
        item ->> 'graph_id' AS graph_id, (item ->> 'graph_version')::int AS graph_version,
        item ->> 'parent_graph_exec_id' AS parent_id,
        coalesce((item ->> 'created_at')::timestamp(3), now() AT TIME ZONE 'UTC') AS created_at
    FROM jsonb_array_elements(($1::jsonb ->> 'items')::jsonb) WITH ORDINALITY AS listed (item, place)
),
node AS (
    SELECT item.place, listed.place - 1 AS node_place, item.id AS execution_id, item.graph_id, item.graph_version,
        node, node ->> 'id' AS id, node ->> 'node_id' AS node_id,
        coalesce((node ->> 'add_time')::timestamp(3), item.created_at) AS add_time
    FROM item
    CROSS JOIN LATERAL jsonb_array_elements(item.item -> 'node_executions') WITH ORDINALITY AS listed (node, place)
),
invalid AS (
    SELECT item.place, format('/%s/graph_version', item.place) AS pointer, 'names no version of this graph' AS detail
    FROM item
    WHERE NOT EXISTS (
        SELECT FROM "AgentGraph" graph WHERE graph.id = item.graph_id AND graph.version = item.graph_version)
    UNION ALL
    SELECT item.place, format('/%s/id', item.place), 'is stored already'
    FROM item
    JOIN "AgentGraphExecution" stored ON stored.id = item.id
    UNION ALL
    SELECT item.place, format('/%s/parent_graph_exec_id', item.place), 'names no execution of this user'
    FROM item
    WHERE item.parent_id IS NOT NULL
        AND NOT EXISTS (
            SELECT FROM "AgentGraphExecution" stored
            WHERE stored.id = item.parent_id AND stored."userId" = item.user_id AND NOT stored."isDeleted")
        AND NOT EXISTS (
            SELECT FROM item earlier
            WHERE earlier.id = item.parent_id AND earlier.user_id = item.user_id AND earlier.place < item.place)
    UNION ALL
    SELECT node.place, format('/%s/node_executions/%s/node_id', node.place, node.node_place),
        'names no node of this graph version'
    FROM node
    WHERE NOT EXISTS (
        SELECT FROM "AgentNode" known
        WHERE known.id = node.node_id AND known."agentGraphId" = node.graph_id
            AND known."agentGraphVersion" = node.graph_version)
),
execution AS (
    INSERT INTO "AgentGraphExecution" (id, "createdAt", "updatedAt", "startedAt", "endedAt", "executionStatus",
        "agentGraphId", "agentGraphVersion", inputs, "credentialInputs", "nodesInputMasks", "userId", stats,
        "parentGraphExecutionId")
    SELECT id, created_at, now() AT TIME ZONE 'UTC', (item ->> 'started_at')::timestamp(3),
        (item ->> 'ended_at')::timestamp(3), (item ->> 'status')::"AgentExecutionStatus", graph_id, graph_version,
        nullif(item -> 'inputs', 'null'), '{}', '{}', user_id, nullif(item -> 'stats', 'null'), parent_id
    FROM item
    WHERE NOT EXISTS (SELECT FROM invalid)
    RETURNING id
),
node_execution AS (
    INSERT INTO "AgentNodeExecution" (id, "agentGraphExecutionId", "agentNodeId", "executionStatus", "addedTime",
        "queuedTime", "startedTime", "endedTime")
    SELECT node.id, node.execution_id, node.node_id, (node ->> 'status')::"AgentExecutionStatus", add_time,
        (node ->> 'queue_time')::timestamp(3), (node ->> 'start_time')::timestamp(3),
        (node ->> 'end_time')::timestamp(3)
    FROM node
    JOIN execution ON execution.id = node.execution_id
),
value AS (
    INSERT INTO "AgentNodeExecutionInputOutput" (id, name, data, time, "referencedByInputExecId",
        "referencedByOutputExecId")
    SELECT value ->> 'id', value ->> 'name', value -> 'data', node.add_time,
        CASE WHEN direction = 'inputs' THEN node.id END, CASE WHEN direction = 'outputs' THEN node.id END
    FROM node
    JOIN execution ON execution.id = node.execution_id
    CROSS JOIN LATERAL (VALUES ('inputs'), ('outputs')) AS directions (direction)
    CROSS JOIN LATERAL jsonb_array_elements(node.node -> direction) AS value
)
SELECT CASE
    WHEN EXISTS (SELECT FROM invalid) THEN json_build_object('invalid', (
        SELECT json_agg(json_build_object('pointer', pointer, 'detail', detail) ORDER BY place, pointer) FROM invalid))
    ELSE json_build_object('ok', (
        SELECT json_agg(item.id ORDER BY item.place) FROM item JOIN execution ON execution.id = item.id))
END::text
