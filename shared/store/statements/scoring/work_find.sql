-- scoring/work_find
-- A finished execution as a language model is told of it: every node's runs counted, some of them sampled, and of their
-- data no more than `budget` has use for. So an execution of a hundred thousand nodes is no larger here than one of ten.
WITH e AS (
    SELECT *, ($1::jsonb ->> 'skip_existing')::boolean AND coalesce(stats ->> 'activity_status', '') <> ''
        AND runledger.stored_score(stats) IS NOT NULL AS is_scored
    FROM "AgentGraphExecution"
    WHERE id = $1 ->> 'graph_exec_id' AND NOT "isDeleted"
        AND ($1 ->> 'owner_id' IS NULL
            OR "userId" = $1 ->> 'owner_id' AND "createdAt" = ($1 ->> 'exec_created_at')::timestamp)
        AND runledger.is_terminal("executionStatus")
),
node AS MATERIALIZED (
    SELECT n.id, n."agentBlockId" AS block_id, block.name, block.description, boundary.is_boundary,
        row_number() OVER (ORDER BY boundary.is_boundary DESC, n.id) AS place
    FROM e
    JOIN "AgentNode" n ON n."agentGraphId" = e."agentGraphId" AND n."agentGraphVersion" = e."agentGraphVersion"
    LEFT JOIN "AgentBlock" block ON block.id = n."agentBlockId"
    CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT FROM runledger.block_registry registry
            WHERE registry.block_id = n."agentBlockId" AND registry.block_type IN ('INPUT', 'OUTPUT')) AS is_boundary
    ) AS boundary
),
run AS (
    SELECT x.id, x."agentNodeId" AS node_id, x."addedTime" AS added, x."executionStatus" = 'FAILED' AS is_error
    FROM e
    JOIN "AgentNodeExecution" x ON x."agentGraphExecutionId" = e.id AND x."executionStatus" <> 'INCOMPLETE'
),
-- Of each node the newest runs, and the first and the last of those that failed.
sampled AS MATERIALIZED (
    SELECT ranked.*, node.place, node.is_boundary
    FROM (
        SELECT run.*, count(*) OVER of_node AS runs, count(*) FILTER (WHERE is_error) OVER of_node AS errors,
            row_number() OVER (PARTITION BY node_id ORDER BY added DESC, id DESC) AS newest,
            row_number() OVER (PARTITION BY node_id, is_error ORDER BY added, id) AS first_error,
            row_number() OVER (PARTITION BY node_id, is_error ORDER BY added DESC, id DESC) AS last_error
        FROM run
        WINDOW of_node AS (PARTITION BY node_id)
    ) AS ranked
    JOIN node ON node.id = ranked.node_id AND node.place <= 200
    WHERE newest <= 3 OR is_error AND (first_error <= 5 OR last_error <= 5)
),
error AS (
    SELECT s.node_id, json_agg(left(coalesce(
        (SELECT io.data #>> '{}' FROM "AgentNodeExecutionInputOutput" io
        WHERE io."referencedByOutputExecId" = s.id AND io.name = 'error'
        ORDER BY io.time DESC, io.id DESC LIMIT 1),
        x.stats -> 'cleared_outputs' -> 'error' ->> -1, x.stats ->> 'error', 'failed without a message'), 400)
        ORDER BY s.added, s.id) AS samples
    FROM sampled s
    JOIN "AgentNodeExecution" x ON x.id = s.id
    WHERE s.is_error AND (s.first_error <= 5 OR s.last_error <= 5)
    GROUP BY s.node_id
),
-- Where the data of a node execution stand: cleared, else with it (inputs), else in rows of their own.
source AS (
    SELECT s.node_id, s.place, s.newest, s.id, CASE WHEN s.is_boundary THEN ($1 ->> 'budget')::int / 4 ELSE 400 END AS most,
        cleared.inputs AS cleared_inputs, cleared.outputs AS cleared_outputs,
        CASE WHEN cleared.inputs = '{}' AND jsonb_typeof(x."executionData") = 'object' THEN x."executionData"
            ELSE '{}' END AS given
    FROM sampled s
    JOIN "AgentNodeExecution" x ON x.id = s.id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN jsonb_typeof(x.stats -> 'cleared_inputs') = 'object' THEN x.stats -> 'cleared_inputs'
                ELSE '{}' END AS inputs,
            CASE WHEN jsonb_typeof(x.stats -> 'cleared_outputs') = 'object' THEN x.stats -> 'cleared_outputs'
                ELSE '{}' END AS outputs
    ) AS cleared
    WHERE s.newest <= 3
),
value AS (
    SELECT source.node_id, source.place, source.newest, named.is_input, left(named.name, 100) AS name,
        left(CASE jsonb_typeof(named.value) WHEN 'string' THEN named.value #>> '{}'
            ELSE coalesce(named.value::text, 'null') END, source.most) AS text
    FROM source
    CROSS JOIN LATERAL (
        (SELECT true AS is_input, key AS name, value -> -1 AS value FROM jsonb_each(cleared_inputs) LIMIT 20)
        UNION ALL
        (SELECT true, key, value FROM jsonb_each(given) LIMIT 20)
        UNION ALL
        (SELECT DISTINCT ON (io.name) true, io.name, io.data FROM "AgentNodeExecutionInputOutput" io
        WHERE io."referencedByInputExecId" = source.id AND cleared_inputs = '{}' AND given = '{}'
        ORDER BY io.name, io.time DESC, io.id DESC
        LIMIT 20)
        UNION ALL
        (SELECT false, key, value -> -1 FROM jsonb_each(cleared_outputs) LIMIT 20)
        UNION ALL
        (SELECT DISTINCT ON (io.name) false, io.name, io.data FROM "AgentNodeExecutionInputOutput" io
        WHERE io."referencedByOutputExecId" = source.id AND cleared_outputs = '{}'
        ORDER BY io.name, io.time DESC, io.id DESC
        LIMIT 20)
    ) AS named
),
kept AS (
    SELECT * FROM (
        SELECT *, sum(octet_length(text) + octet_length(name))
            OVER (ORDER BY newest, place, is_input, name ROWS UNBOUNDED PRECEDING) AS so_far
        FROM value
    ) AS summed
    WHERE so_far <= 4 * ($1 ->> 'budget')::bigint
),
recent AS (
    SELECT node_id, json_agg(data ORDER BY newest) FILTER (WHERE is_input) AS inputs,
        json_agg(data ORDER BY newest) FILTER (WHERE NOT is_input) AS outputs
    FROM (
        SELECT node_id, newest, is_input, json_agg(json_build_object('name', name, 'text', text) ORDER BY name) AS data
        FROM kept
        GROUP BY node_id, newest, is_input
    ) AS of_run
    GROUP BY node_id
)
SELECT coalesce(
    (SELECT json_build_object('ok', CASE WHEN e.is_scored
        THEN json_build_object('scored', json_build_object('summary', e.stats ->> 'activity_status',
            'score', runledger.stored_score(e.stats)))
        ELSE json_build_object('case', json_build_object(
            'graph_name', (SELECT left(name, 400) FROM "AgentGraph" g
                WHERE g.id = e."agentGraphId" AND g.version = e."agentGraphVersion"),
            'graph_description', (SELECT left(description, 4000) FROM "AgentGraph" g
                WHERE g.id = e."agentGraphId" AND g.version = e."agentGraphVersion"),
            'status', e."executionStatus", 'error', left(e.stats ->> 'error', 1000),
            'nodes_left_out', (SELECT count(*) FROM node WHERE place > 200),
            'nodes', (
                SELECT coalesce(json_agg(json_build_object('id', node.id, 'block_id', node.block_id,
                    'block_name', node.name, 'block_description', left(node.description, 400),
                    'is_boundary', node.is_boundary, 'runs', coalesce(tally.runs, 0), 'errors', coalesce(tally.errors, 0),
                    'error_samples', coalesce(error.samples, '[]'), 'recent_inputs', coalesce(recent.inputs, '[]'),
                    'recent_outputs', coalesce(recent.outputs, '[]')) ORDER BY node.place), '[]')
                FROM node
                LEFT JOIN (SELECT DISTINCT node_id, runs, errors FROM sampled) AS tally ON tally.node_id = node.id
                LEFT JOIN error ON error.node_id = node.id
                LEFT JOIN recent ON recent.node_id = node.id
                WHERE node.place <= 200),
            'links', (
                SELECT coalesce(json_agg(json_build_object('source_id', link."agentNodeSourceId",
                    'source_name', link."sourceName", 'sink_id', link."agentNodeSinkId", 'sink_name', link."sinkName",
                    'is_static', link."isStatic") ORDER BY link.id), '[]')
                FROM (
                    SELECT link.* FROM node
                    JOIN "AgentNodeLink" link ON link."agentNodeSourceId" = node.id
                    WHERE node.place <= 200
                    ORDER BY link.id
                    LIMIT 400
                ) AS link))) END)
    FROM e),
    '{"missing": true}')::text
