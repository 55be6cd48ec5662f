-- What a node gave: cleared outputs in its stats, and the output rows that hold a value.
SELECT coalesce((
    SELECT json_build_object('ok', json_build_object('stats', n.stats, 'outputs', (
        SELECT coalesce(json_agg(json_build_object('name', io.name, 'data', io.data) ORDER BY io.time, io.id), '[]')
        FROM "AgentNodeExecutionInputOutput" io
        WHERE io."referencedByOutputExecId" = n.id AND io.data IS NOT NULL)))
    FROM "AgentNodeExecution" n
    JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId"
    WHERE n.id = $1::jsonb ->> 'id' AND NOT e."isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR e."userId" = $1 ->> 'user_id')
), '{"missing": true}')::text
