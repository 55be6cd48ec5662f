-- nodes/give_input
-- An input joins the oldest INCOMPLETE execution of its node that lacks it, or begins a new one. Nobody else does this
-- for the same node of the same graph execution meanwhile. The joined row is locked too, so that whoever queues it either
-- sees this input or comes first.
SELECT runledger.one_at_a_time($1::jsonb ->> 'lock', $statement$
WITH e AS (
    SELECT id, "agentGraphId", "agentGraphVersion" FROM "AgentGraphExecution"
    WHERE id = $1::jsonb ->> 'graph_exec_id'
        AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id')
),
node AS (
    SELECT node.id, e.id AS execution_id FROM e
    JOIN "AgentNode" node ON node.id = $1 ->> 'node_id'
        AND node."agentGraphId" = e."agentGraphId" AND node."agentGraphVersion" = e."agentGraphVersion"
),
eligible AS MATERIALIZED (
    SELECT n.* FROM "AgentNodeExecution" n
    WHERE n."agentGraphExecutionId" = (SELECT execution_id FROM node) AND n."agentNodeId" = (SELECT id FROM node)
        AND n."executionStatus" = 'INCOMPLETE'
        AND ($1 ->> 'node_exec_id' IS NULL OR n.id = $1 ->> 'node_exec_id')
        AND NOT EXISTS (
            SELECT FROM "AgentNodeExecutionInputOutput" io
            WHERE io."referencedByInputExecId" = n.id AND io.name = $1 ->> 'name'
                AND io.time >= (clock_timestamp() AT TIME ZONE 'UTC') - interval '1 day')
    ORDER BY n."addedTime", n.id
    LIMIT 1
    FOR NO KEY UPDATE
),
created AS (
    INSERT INTO "AgentNodeExecution" (id, "agentGraphExecutionId", "agentNodeId", "executionStatus", "addedTime")
    SELECT $1 ->> 'new_id', execution_id, id, 'INCOMPLETE', clock_timestamp() AT TIME ZONE 'UTC'
    FROM node
    WHERE $1 ->> 'node_exec_id' IS NULL AND NOT EXISTS (SELECT FROM eligible)
    RETURNING *
),
n AS (
    SELECT * FROM eligible
    UNION ALL
    SELECT * FROM created
),
given AS (
    INSERT INTO "AgentNodeExecutionInputOutput" (id, name, data, time, "referencedByInputExecId")
    SELECT $1 ->> 'value_id', $1 ->> 'name', ($1 ->> 'data')::jsonb, clock_timestamp() AT TIME ZONE 'UTC', n.id
    FROM n
    RETURNING name, data
)
SELECT coalesce(
    (SELECT json_build_object('of', n."agentGraphExecutionId", 'ok', json_build_object(
        'node', runledger.node_json(n, e, (
            SELECT node."agentBlockId" FROM "AgentNode" node WHERE node.id = n."agentNodeId")),
        'data', (runledger.add_node_data(
            NULL, runledger.answer_budget($1), 'node', n.id, n.stats, n."executionData")).data,
        'given', (SELECT to_json(given) FROM given)))
    FROM n
    JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId"),
    (SELECT CASE
        WHEN NOT EXISTS (SELECT FROM node) THEN json_build_object('invalid', json_build_array(json_build_object(
            'pointer', '/path/node_id', 'detail', 'names no node of this graph version')))
        ELSE json_build_object('conflict',
            'this node execution takes no such input: it is not an INCOMPLETE one of this node, or has the input already')
        END
    FROM e),
    '{"missing": true}')::text
$statement$, $1)::text
