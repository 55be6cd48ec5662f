-- shares/set
-- Sets an execution's link as the platform does. Such a link has no end.
WITH shared AS (
    UPDATE "AgentGraphExecution"
    SET "isShared" = $1::jsonb ->> 'token' IS NOT NULL,
        "shareToken" = $1 ->> 'token',
        "sharedAt" = CASE WHEN $1 ->> 'token' IS NOT NULL
            THEN coalesce(($1 ->> 'shared_at')::timestamptz, clock_timestamp()) AT TIME ZONE 'UTC' END,
        "updatedAt" = clock_timestamp() AT TIME ZONE 'UTC'
    WHERE id = $1::jsonb ->> 'id' AND NOT "isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id')
    RETURNING id
),
ends AS (
    DELETE FROM runledger.share_ends WHERE execution_id IN (SELECT id FROM shared)
)
SELECT coalesce((SELECT json_build_object('ok', id) FROM shared), '{"missing": true}')::text
