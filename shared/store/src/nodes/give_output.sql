WITH given AS (
    INSERT INTO "AgentNodeExecutionInputOutput" (id, name, data, time, "referencedByOutputExecId")
    SELECT $1::jsonb ->> 'value_id', $1 ->> 'name', ($1 ->> 'data')::jsonb, clock_timestamp() AT TIME ZONE 'UTC', n.id
    FROM "AgentNodeExecution" n
    JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId"
    WHERE n.id = $1 ->> 'id'
        AND ($1 ->> 'user_id' IS NULL OR e."userId" = $1 ->> 'user_id')
    RETURNING id
)
SELECT coalesce((SELECT json_build_object('ok', id) FROM given), '{"missing": true}')::text
