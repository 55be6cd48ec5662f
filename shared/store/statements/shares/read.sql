-- shares/read
-- The execution that is shared under a token, with its graph's name. One whose link has ended, was revoked or replaced,
-- or that was deleted is not found, by the same look into the same index. The platform's own links have no end.
WITH e AS (
    SELECT execution.*, nullif(graph.name, '') AS graph_name, graph.description AS graph_description
    FROM "AgentGraphExecution" execution
    LEFT JOIN "AgentGraph" graph
        ON graph.id = execution."agentGraphId" AND graph.version = execution."agentGraphVersion"
    WHERE execution."shareToken" = $1::jsonb ->> 'token' AND execution."isShared" AND NOT execution."isDeleted"
        AND NOT EXISTS (
            SELECT FROM runledger.share_ends ends
            WHERE ends.execution_id = execution.id AND ends.share_token = execution."shareToken"
                AND ends.expires_at <= clock_timestamp())
)
SELECT coalesce((SELECT json_build_object('ok', json_build_object('id', e.id, 'graph_name', left(e.graph_name, 1000), 'graph_description', left(e.graph_description, 10000), 'status', e."executionStatus", 'created_at', e."createdAt", 'boundary', (
-- The node executions of `e` whose blocks carry the graph's own inputs and outputs, in queue order, as far as the budget
-- goes. Nodes that are INCOMPLETE do not count, unless this very statement ends them.
SELECT coalesce(json_agg(json_build_object(
    'block_type', edge.block_type, 'data', coalesce((edge.taken).data, '{"cut": true}')) ORDER BY edge.place), '[]')
FROM (
    SELECT registry.block_type, row_number() OVER in_queue AS place, runledger.node_data(
        coalesce(($1 ->> 'boundary_budget')::bigint, runledger.answer_budget($1) / 4),
        'boundary', n.id, n.stats, n."executionData") OVER in_queue AS taken
    FROM "AgentNode" node
    JOIN runledger.block_registry registry ON registry.block_id = node."agentBlockId"
        AND registry.block_type IN ('INPUT', 'OUTPUT', 'WEBHOOK', 'WEBHOOK_MANUAL')
    JOIN "AgentNodeExecution" n ON n."agentGraphExecutionId" = e.id AND n."agentNodeId" = node.id
    WHERE node."agentGraphId" = e."agentGraphId" AND node."agentGraphVersion" = e."agentGraphVersion"
        AND (n."executionStatus" <> 'INCOMPLETE' OR ($1 ->> 'ends_nodes')::boolean)
    WINDOW in_queue AS (
        ORDER BY n."queuedTime" IS NULL, coalesce(n."queuedTime", n."addedTime"), n."addedTime", n.id)
) edge
-- With the first that is left out, which says that something is.
WHERE (edge.taken).bytes
    <= coalesce(($1 ->> 'boundary_budget')::bigint, runledger.answer_budget($1) / 4) + 1
))) FROM e), '{"missing": true}')::text
