-- nodes/outputs
-- What a node gave: cleared outputs in its stats, and the output rows that hold a value.
SELECT coalesce((
    SELECT json_build_object('ok', (runledger.add_node_data(
        NULL, runledger.answer_budget($1::jsonb), 'outputs', n.id, n.stats, NULL)).data)
    FROM "AgentNodeExecution" n
    JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId"
    WHERE n.id = $1 ->> 'id' AND NOT e."isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR e."userId" = $1 ->> 'user_id')
), '{"missing": true}')::text
