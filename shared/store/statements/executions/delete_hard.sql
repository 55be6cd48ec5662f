-- executions/delete_hard
-- The rows of its nodes, inputs and outputs go with it (foreign keys); its children stay, without a parent.
-- All of them are locked in the order of their ids first, as a stop of the family does it.
WITH found AS (
    SELECT id FROM "AgentGraphExecution"
    WHERE id = $1::jsonb ->> 'id' AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id')
),
locked AS MATERIALIZED (
    SELECT id, "userId" FROM "AgentGraphExecution"
    WHERE id IN (
        SELECT id FROM found
        UNION ALL
        SELECT child.id FROM found JOIN "AgentGraphExecution" child ON child."parentGraphExecutionId" = found.id)
    ORDER BY id
    FOR UPDATE
),
deleted AS (
    DELETE FROM "AgentGraphExecution" e
    USING (SELECT count(*) FROM locked) AS all_locked
    WHERE e.id = $1 ->> 'id' AND EXISTS (SELECT FROM locked WHERE id = $1 ->> 'id')
        AND ($1 ->> 'user_id' IS NULL OR e."userId" = $1 ->> 'user_id')
    RETURNING e.id
)
SELECT coalesce((SELECT json_build_object('ok', id) FROM deleted), '{"missing": true}')::text
