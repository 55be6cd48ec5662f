-- A node execution of a run with its data, as far as so many bytes go, and the executions of the same node before and after
-- it, as far as they are found among so many of the run.
WITH this AS (
    SELECT n.* FROM "AgentNodeExecution" n
    JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId"
    WHERE n.id = $1::jsonb ->> 'id' AND n."agentGraphExecutionId" = $1 ->> 'run' AND NOT e."isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR e."userId" = $1 ->> 'user_id')
),
earlier AS (
    SELECT n.id, n."executionStatus", n."addedTime"
    FROM (
        SELECT n.* FROM "AgentNodeExecution" n
        WHERE n."agentGraphExecutionId" = (SELECT this."agentGraphExecutionId" FROM this)
            AND (n."addedTime", n.id) < ((SELECT this."addedTime" FROM this), (SELECT this.id FROM this))
        ORDER BY n."addedTime" DESC, n.id DESC
        LIMIT ($1 ->> 'looks_at')::int
    ) n
    WHERE n."agentNodeId" = (SELECT this."agentNodeId" FROM this)
    ORDER BY n."addedTime" DESC, n.id DESC
    LIMIT ($1 ->> 'tries')::int
),
later AS (
    SELECT n.id, n."executionStatus", n."addedTime"
    FROM (
        SELECT n.* FROM "AgentNodeExecution" n
        WHERE n."agentGraphExecutionId" = (SELECT this."agentGraphExecutionId" FROM this)
            AND (n."addedTime", n.id) > ((SELECT this."addedTime" FROM this), (SELECT this.id FROM this))
        ORDER BY n."addedTime", n.id
        LIMIT ($1 ->> 'looks_at')::int
    ) n
    WHERE n."agentNodeId" = (SELECT this."agentNodeId" FROM this)
    ORDER BY n."addedTime", n.id
    LIMIT ($1 ->> 'tries')::int
)
SELECT coalesce((
    SELECT json_build_object('ok', json_build_object(
        'row', json_build_object(
            'node', runledger.node_json(n, e, node."agentBlockId"),
            'data', (runledger.add_node_data(
                NULL, least(runledger.answer_budget($1), ($1 ->> 'data_bytes')::bigint), 'node', n.id, n.stats,
                n."executionData")).data),
        'block_name', left(block.name, 120),
        'name', left(coalesce(
            nullif(node.metadata ->> 'customized_name', ''), nullif(node.metadata ->> 'name', ''),
            CASE WHEN registry.block_type IN ('INPUT', 'OUTPUT') THEN nullif(node."constantInput" ->> 'name', '') END),
            120),
        'error', CASE WHEN pg_column_size(n.stats) < 100000 THEN left(n.stats ->> 'error', 4000) END,
        'stats', CASE WHEN pg_column_size(n.stats) < 100000
            THEN runledger.cut_value(n.stats - '{cleared_inputs,cleared_outputs}'::text[], 32768) END,
        'earlier', (
            SELECT coalesce(json_agg(json_build_object(
                'id', earlier.id, 'status', earlier."executionStatus", 'added', earlier."addedTime")), '[]')
            FROM earlier),
        'later', (
            SELECT coalesce(json_agg(json_build_object(
                'id', later.id, 'status', later."executionStatus", 'added', later."addedTime")), '[]')
            FROM later)))
    FROM this n
    JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId"
    LEFT JOIN "AgentNode" node ON node.id = n."agentNodeId"
    LEFT JOIN "AgentBlock" block ON block.id = node."agentBlockId"
    LEFT JOIN runledger.block_registry registry ON registry.block_id = node."agentBlockId"
), '{"missing": true}')::text
