-- executions/delete_soft
WITH deleted AS (
    UPDATE "AgentGraphExecution"
    SET "isDeleted" = true, "updatedAt" = clock_timestamp() AT TIME ZONE 'UTC'
    WHERE id = $1::jsonb ->> 'id' AND (NOT "isDeleted" OR ($1 ->> 'again')::boolean)
        AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id')
    RETURNING id
)
SELECT coalesce((SELECT json_build_object('ok', id) FROM deleted), '{"missing": true}')::text
