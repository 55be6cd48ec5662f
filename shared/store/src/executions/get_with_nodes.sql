-- A graph execution with its newest node executions, newest first, as far as their part of the budget goes.
WITH e AS (
    SELECT * FROM "AgentGraphExecution"
    WHERE id = $1::jsonb ->> 'id' AND NOT "isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id')
        AND ($1 ->> 'graph_id' IS NULL OR "agentGraphId" = $1 ->> 'graph_id')
)
SELECT coalesce(
    (SELECT json_build_object('of', e.id, 'ok', json_build_object(
        'execution', runledger.execution_json(e),
        'values', (
            SELECT shown FROM runledger.execution_values(runledger.answer_budget($1),
                e.inputs, e."credentialInputs", e."nodesInputMasks", e.stats) AS shown),
        'boundary', (
            SELECT edges FROM runledger.boundary(
                e.id, e."agentGraphId", e."agentGraphVersion", runledger.answer_budget($1) / 4, false) AS edges),
        'nodes', (
            SELECT json_build_object(
                'rows', coalesce(json_agg(json_build_object('node', n.node, 'data', (n.taken).data))
                    FILTER (WHERE (n.taken).bytes <= n.budget), '[]'),
                'ends_early', coalesce(bool_or((n.taken).bytes > n.budget), false))
            FROM (
                SELECT n.node, n.budget, runledger.node_data(n.budget, 'node', n.id, n.stats, n."executionData")
                    OVER (ORDER BY n."addedTime" DESC, n.id DESC) AS taken
                FROM (
                    SELECT runledger.node_json(n, run, (
                            SELECT node."agentBlockId" FROM "AgentNode" node WHERE node.id = n."agentNodeId")) AS node,
                        n.id, n."addedTime", n.stats, n."executionData", runledger.answer_budget($1) / 8 * 3 AS budget
                    FROM "AgentNodeExecution" n
                    JOIN "AgentGraphExecution" run ON run.id = n."agentGraphExecutionId"
                    WHERE n."agentGraphExecutionId" = e.id
                    ORDER BY n."addedTime" DESC, n.id DESC
                    LIMIT ($1 ->> 'nodes')::int
                ) n
            ) n)))
    FROM e),
    '{"missing": true}')::text
