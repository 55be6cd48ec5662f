-- The rows of its nodes, inputs and outputs go with it (foreign keys); its children stay, without a parent.
WITH deleted AS (
    DELETE FROM "AgentGraphExecution"
    WHERE id = $1::jsonb ->> 'id' AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id')
    RETURNING id
)
SELECT coalesce((SELECT json_build_object('ok', id) FROM deleted), '{"missing": true}')::text
