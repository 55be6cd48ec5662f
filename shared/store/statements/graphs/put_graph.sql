-- graphs/put_graph
-- A version of a graph, its nodes and its links become what was sent. The identifiers of links follow from what they
-- join, so that the same graph sent twice changes nothing. One writer of a graph follows another; a node that another graph
-- has got meanwhile refuses all of it.
SELECT runledger.one_at_a_time('runledger.graph:' || ($1::jsonb ->> 'id'), $statement$
WITH sent AS MATERIALIZED (SELECT ($1::jsonb ->> 'graph')::jsonb AS graph),
new_node AS (
    SELECT place - 1 AS place, node ->> 'id' AS id, node ->> 'block_id' AS block_id,
        node -> 'constant_input' AS constant_input, node -> 'metadata' AS metadata
    FROM sent CROSS JOIN LATERAL jsonb_array_elements(graph -> 'nodes') WITH ORDINALITY AS listed (node, place)
),
new_link AS (
    SELECT md5(concat_ws(E'\x01', $1 ->> 'id', $1 ->> 'version', link ->> 'source_id', link ->> 'source_name',
            link ->> 'sink_id', link ->> 'sink_name'))::uuid::text AS id,
        link ->> 'source_id' AS source_id, link ->> 'source_name' AS source_name, link ->> 'sink_id' AS sink_id,
        link ->> 'sink_name' AS sink_name, (link ->> 'is_static')::boolean AS is_static
    FROM sent CROSS JOIN LATERAL jsonb_array_elements(graph -> 'links') AS link
),
old_node AS (
    SELECT * FROM "AgentNode"
    WHERE "agentGraphId" = $1 ->> 'id' AND "agentGraphVersion" = ($1 ->> 'version')::int
),
leaving AS MATERIALIZED (
    -- Locked before they are judged: an execution that is being created holds on to its nodes.
    SELECT id FROM "AgentNode"
    WHERE "agentGraphId" = $1 ->> 'id' AND "agentGraphVersion" = ($1 ->> 'version')::int
        AND id NOT IN (SELECT id FROM new_node)
        AND EXISTS (
            SELECT FROM "AgentGraph" WHERE "AgentGraph".id = $1 ->> 'id' AND "userId" = $1 ->> 'user_id')
    ORDER BY id
    FOR UPDATE
),
invalid AS (
    SELECT place, format('/nodes/%s/block_id', place) AS pointer, 'names no registered block' AS detail
    FROM new_node
    WHERE NOT EXISTS (SELECT FROM "AgentBlock" block WHERE block.id = new_node.block_id)
    UNION ALL
    SELECT place, format('/nodes/%s/id', place), 'is a node of another graph or version'
    FROM new_node
    JOIN "AgentNode" node ON node.id = new_node.id
    WHERE (node."agentGraphId", node."agentGraphVersion") <> ($1 ->> 'id', ($1 ->> 'version')::int)
),
conflict AS (
    SELECT 'the graph belongs to another user' AS why
    WHERE EXISTS (SELECT FROM "AgentGraph" WHERE id = $1 ->> 'id' AND "userId" <> $1 ->> 'user_id')
    UNION ALL
    SELECT 'a node that has run cannot leave its graph version; register a new version'
    WHERE runledger.any_node_has_run(ARRAY(SELECT id FROM leaving))
),
graph AS (
    INSERT INTO "AgentGraph" AS stored (id, version, name, description, "isActive", "userId")
    SELECT $1 ->> 'id', ($1 ->> 'version')::int, graph ->> 'name', graph ->> 'description',
        (graph ->> 'is_active')::boolean, $1 ->> 'user_id'
    FROM sent
    WHERE NOT EXISTS (SELECT FROM invalid) AND NOT EXISTS (SELECT FROM conflict)
    ON CONFLICT (id, version) DO UPDATE
        SET name = excluded.name, description = excluded.description, "isActive" = excluded."isActive"
        WHERE stored."userId" = excluded."userId"
    RETURNING *
),
removed_link AS (
    DELETE FROM "AgentNodeLink" link USING graph, old_node
    WHERE link."agentNodeSourceId" = old_node.id AND link.id NOT IN (SELECT id FROM new_link)
),
removed_node AS (
    DELETE FROM "AgentNode" node USING graph, leaving
    WHERE node.id = leaving.id
),
stored_node AS (
    INSERT INTO "AgentNode" AS node (id, "agentBlockId", "agentGraphId", "agentGraphVersion", "constantInput", metadata)
    SELECT new_node.id, block_id, graph.id, graph.version, constant_input, metadata
    FROM new_node CROSS JOIN graph
    ON CONFLICT (id) DO UPDATE SET "agentBlockId" = excluded."agentBlockId",
        "constantInput" = excluded."constantInput", metadata = excluded.metadata,
        -- Not another graph's: these are its key to its graph, and null is refused there.
        "agentGraphId" = CASE WHEN (node."agentGraphId", node."agentGraphVersion")
            = (excluded."agentGraphId", excluded."agentGraphVersion") THEN node."agentGraphId" END
),
stored_link AS (
    INSERT INTO "AgentNodeLink" (id, "agentNodeSourceId", "sourceName", "agentNodeSinkId", "sinkName", "isStatic")
    SELECT new_link.id, source_id, source_name, sink_id, sink_name, is_static
    FROM new_link CROSS JOIN graph
    ON CONFLICT (id) DO UPDATE SET "isStatic" = excluded."isStatic"
)
SELECT coalesce(
    (SELECT json_build_object('ok', json_build_object(
        'id', id, 'version', version, 'user_id', "userId", 'name', name, 'description', description,
        'is_active', "isActive",
        'created_at', "createdAt",
        'nodes', sent.graph -> 'nodes', 'links', sent.graph -> 'links'))
     FROM graph CROSS JOIN sent),
    (SELECT json_build_object('invalid', json_agg(
        json_build_object('pointer', pointer, 'detail', detail) ORDER BY place, pointer)) FROM invalid HAVING count(*) > 0),
    (SELECT json_build_object('conflict', coalesce(min(why), 'the graph belongs to another user')) FROM conflict)
)::text
$statement$, $1)::text
