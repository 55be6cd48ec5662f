-- A graph of which whoever asks is the owner, or has runs: its newest version with its nodes and links, and what came of the
-- newest runs of a range of time by version, since rollups know of none.
WITH newest AS (
    SELECT * FROM "AgentGraph" WHERE id = $1::jsonb ->> 'graph_id' ORDER BY version DESC LIMIT 1
),
visible AS (
    SELECT newest.*
    FROM newest
    WHERE $1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id'
        OR EXISTS (
            SELECT FROM "AgentGraphExecution" e
            WHERE e."userId" = $1 ->> 'user_id' AND e."agentGraphId" = $1 ->> 'graph_id' AND NOT e."isDeleted")
),
node AS (
    SELECT node.id, coalesce(nullif(block.name, ''), left(node."agentBlockId", 8)) AS name
    FROM visible
    JOIN "AgentNode" node ON node."agentGraphId" = visible.id AND node."agentGraphVersion" = visible.version
    LEFT JOIN "AgentBlock" block ON block.id = node."agentBlockId"
    ORDER BY node.id
    LIMIT 200
),
link AS (
    SELECT source.name AS source, link."sourceName" AS source_name, sink.name AS sink, link."sinkName" AS sink_name
    FROM node source
    JOIN "AgentNodeLink" link ON link."agentNodeSourceId" = source.id
    JOIN node sink ON sink.id = link."agentNodeSinkId"
    ORDER BY source.id, link.id
    LIMIT 400
),
recent AS (
    (SELECT "agentGraphVersion", "executionStatus", stats
    FROM "AgentGraphExecution"
    WHERE $1 ->> 'user_id' IS NOT NULL AND "userId" = $1 ->> 'user_id' AND "agentGraphId" = $1 ->> 'graph_id'
        AND NOT "isDeleted" AND "createdAt" >= ($1 ->> 'from')::timestamp AND "createdAt" < ($1 ->> 'to')::timestamp
    ORDER BY "createdAt" DESC, id DESC
    LIMIT ($1 ->> 'window')::int)
    UNION ALL
    (SELECT "agentGraphVersion", "executionStatus", stats
    FROM "AgentGraphExecution"
    WHERE $1 ->> 'user_id' IS NULL AND "agentGraphId" = $1 ->> 'graph_id' AND NOT "isDeleted"
        AND "createdAt" >= ($1 ->> 'from')::timestamp AND "createdAt" < ($1 ->> 'to')::timestamp
    ORDER BY "createdAt" DESC, id DESC
    LIMIT ($1 ->> 'window')::int)
),
version AS (
    SELECT "agentGraphVersion" AS version, runledger.sum_up(runledger.rollup_sums_of(1, "executionStatus"::text, stats)) AS sums
    FROM recent
    GROUP BY 1
    ORDER BY 1 DESC
    LIMIT 100
)
SELECT coalesce((
    SELECT json_build_object('ok', json_build_object(
        'name', left(coalesce(nullif(visible.name, ''), 'Agent ' || left(visible.id, 8)), 200),
        'description', left(visible.description, 1000), 'version', visible.version, 'created_at', visible."createdAt",
        'nodes', (SELECT coalesce(json_agg(json_build_object('id', left(id, 128), 'name', left(name, 200)) ORDER BY id), '[]')
            FROM node),
        'links', (SELECT coalesce(json_agg(json_build_object('source', left(source, 200), 'source_name', left(source_name, 100),
            'sink', left(sink, 200), 'sink_name', left(sink_name, 100)) ORDER BY source, sink), '[]') FROM link),
        'versions', (SELECT coalesce(json_agg(json_build_object('version', version, 'executions', (sums).executions,
            'completed', (sums).completed, 'failed', (sums).failed, 'terminated', (sums).terminated,
            'with_stats', (sums).with_stats, 'cost', runledger.shown_number((sums).cost),
            'duration', runledger.shown_number((sums).duration), 'scored', (sums).scored,
            'score', runledger.shown_number((sums).score)) ORDER BY version DESC), '[]') FROM version)))
    FROM visible), '{"missing": true}')::text
