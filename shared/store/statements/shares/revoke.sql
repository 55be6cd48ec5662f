-- shares/revoke
-- An execution without a link is left as it is.
WITH found AS (
    SELECT id, "isShared" FROM "AgentGraphExecution"
    WHERE id = $1::jsonb ->> 'id' AND "agentGraphId" = $1 ->> 'graph_id' AND NOT "isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id')
    FOR NO KEY UPDATE
),
revoked AS (
    UPDATE "AgentGraphExecution" e
    SET "isShared" = false, "shareToken" = NULL, "sharedAt" = NULL, "updatedAt" = clock_timestamp() AT TIME ZONE 'UTC'
    FROM found
    WHERE e.id = found.id AND (e."isShared" OR e."shareToken" IS NOT NULL)
),
ends AS (
    DELETE FROM runledger.share_ends WHERE execution_id IN (SELECT id FROM found)
)
SELECT coalesce((SELECT json_build_object('ok', id) FROM found), '{"missing": true}')::text
