-- nodes/list_of_user
-- Node executions, newest first, as far as the budget goes; one more than asked tells whether there are more.
SELECT json_build_object('ok', json_build_object(
    'rows', coalesce(json_agg(json_build_object('node', n.node, 'data', (n.taken).data))
        FILTER (WHERE (n.taken).bytes <= runledger.answer_budget($1)), '[]'),
    'ends_early', coalesce(bool_or((n.taken).bytes > runledger.answer_budget($1)), false)))::text
FROM (
    SELECT n.node, runledger.node_data(runledger.answer_budget($1), 'node',
        CASE WHEN ($1 ->> 'without_data')::boolean IS NOT TRUE THEN n.id END, n.stats, n."executionData")
        OVER (ORDER BY n."addedTime" DESC, n.id DESC) AS taken
    FROM (
        SELECT runledger.node_json(n, e, (
                SELECT node."agentBlockId" FROM "AgentNode" node WHERE node.id = n."agentNodeId")) AS node,
            n.id, n."addedTime", n.stats, n."executionData"
        FROM "AgentNodeExecution" n
        JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId"
        WHERE NOT e."isDeleted" AND $1::jsonb IS NOT NULL
            AND e."userId" = $1 ->> 'user_id'
        ORDER BY n."addedTime" DESC, n.id DESC
        LIMIT ($1 ->> 'limit')::int
    ) n
) n
