-- pages/run_nodes_before
-- The nodes of a run: those of its graph and their links, the newest of its node executions by node, and the runs that it
-- started. Times are milliseconds since 1970.
WITH run AS (
    SELECT e.* FROM "AgentGraphExecution" e
    WHERE e.id = $1::jsonb ->> 'run' AND NOT e."isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR e."userId" = $1 ->> 'user_id')
),
looked_at AS MATERIALIZED (
    SELECT n.id, n."agentNodeId", n."executionStatus", n."addedTime", n."queuedTime", n."startedTime", n."endedTime"
    FROM "AgentNodeExecution" n
    WHERE n."agentGraphExecutionId" = (SELECT run.id FROM run)
        AND (n."addedTime", n.id) < (($1 ->> 'before_time')::timestamp, $1 ->> 'before_id')
    ORDER BY n."addedTime" DESC, n.id DESC
    LIMIT ($1 ->> 'looks_at')::int
),
seen AS (
    SELECT n."agentNodeId" AS node_id, json_agg(json_build_array(
            n.id, n."executionStatus", date_part('epoch', n."addedTime") * 1000, date_part('epoch', n."queuedTime") * 1000,
            date_part('epoch', n."startedTime") * 1000, date_part('epoch', n."endedTime") * 1000)
        ORDER BY n."addedTime", n.id) AS runs
    FROM (
        SELECT * FROM looked_at n
        WHERE ($1 ->> 'only_failed')::boolean IS NOT TRUE OR n."executionStatus" = 'FAILED'
        ORDER BY n."addedTime" DESC, n.id DESC
        LIMIT ($1 ->> 'shows')::int
    ) n
    GROUP BY n."agentNodeId"
),
graph AS NOT MATERIALIZED (
    SELECT node.id, node."agentGraphId", node."agentGraphVersion", left(block.name, 120) AS block_name,
        -- What whoever made the graph calls the node; the blocks of a graph's own inputs and outputs are told apart by theirs.
        left(coalesce(
            nullif(node.metadata ->> 'customized_name', ''), nullif(node.metadata ->> 'name', ''),
            CASE WHEN registry.block_type IN ('INPUT', 'OUTPUT') THEN nullif(node."constantInput" ->> 'name', '') END),
            120) AS name
    FROM "AgentNode" node
    JOIN "AgentBlock" block ON block.id = node."agentBlockId"
    LEFT JOIN runledger.block_registry registry ON registry.block_id = node."agentBlockId"
)
SELECT coalesce((
    SELECT json_build_object('ok', json_build_object(
        'status', run."executionStatus",
        'created', date_part('epoch', run."createdAt") * 1000, 'started', date_part('epoch', run."startedAt") * 1000,
        'ended', date_part('epoch', run."endedAt") * 1000,
        'counted', CASE WHEN pg_column_size(run.stats) < 8000 AND jsonb_typeof(run.stats -> 'node_count') = 'number'
            THEN least((run.stats ->> 'node_count')::numeric, 1e15)::bigint END,
        'looked_at', (SELECT count(*) FROM looked_at),
        'oldest', (
            SELECT json_build_object('created_at', n."addedTime", 'id', n.id) FROM looked_at n
            ORDER BY n."addedTime", n.id LIMIT 1),
        'nodes', (
            SELECT coalesce(json_agg(json_build_object('id', node.id, 'block_name', node.block_name, 'name', node.name)), '[]')
            FROM (
                SELECT graph.id, graph.block_name, graph.name FROM graph
                WHERE graph."agentGraphId" = run."agentGraphId" AND graph."agentGraphVersion" = run."agentGraphVersion"
                ORDER BY graph.id
                LIMIT ($1 ->> 'draws')::int + 1
            ) node),
        'links', (
            SELECT coalesce(json_agg(json_build_array(link.source, link.sink)), '[]')
            FROM (
                SELECT DISTINCT link."agentNodeSourceId" AS source, link."agentNodeSinkId" AS sink
                FROM "AgentNode" node
                JOIN "AgentNodeLink" link ON link."agentNodeSourceId" = node.id
                WHERE node."agentGraphId" = run."agentGraphId" AND node."agentGraphVersion" = run."agentGraphVersion"
                ORDER BY 1, 2
                LIMIT ($1 ->> 'draws')::int * 4
            ) link),
        'groups', (
            SELECT coalesce(json_agg(json_build_object(
                'node_id', seen.node_id, 'block_name', graph.block_name, 'name', graph.name, 'runs', seen.runs)), '[]')
            FROM seen
            LEFT JOIN graph ON graph.id = seen.node_id),
        'children', (
            SELECT coalesce(json_agg(json_build_object(
                'id', child.id, 'status', child."executionStatus", 'graph_id', child."agentGraphId", 'name', left((
                    SELECT graph.name FROM "AgentGraph" graph WHERE graph.id = child."agentGraphId"
                    ORDER BY graph.version DESC LIMIT 1), 120),
                'added', date_part('epoch', child."createdAt") * 1000,
                'started', date_part('epoch', child."startedAt") * 1000,
                'ended', date_part('epoch', child."endedAt") * 1000)), '[]')
            FROM (
                SELECT * FROM "AgentGraphExecution" child
                WHERE child."parentGraphExecutionId" = run.id AND NOT child."isDeleted" AND child."userId" = run."userId"
                ORDER BY child."createdAt" DESC, child.id DESC
                LIMIT ($1 ->> 'children')::int + 1
            ) child)))
    FROM run
), '{"missing": true}')::text
