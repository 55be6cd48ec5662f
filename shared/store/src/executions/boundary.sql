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
