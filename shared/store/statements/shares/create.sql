-- shares/create
-- Shares an execution. The columns that the platform has are set as the platform sets them; when the link ends is ours.
WITH shared AS (
    UPDATE "AgentGraphExecution"
    SET "isShared" = true, "shareToken" = $1::jsonb ->> 'token', "sharedAt" = clock_timestamp() AT TIME ZONE 'UTC',
        "updatedAt" = clock_timestamp() AT TIME ZONE 'UTC'
    WHERE id = $1::jsonb ->> 'id' AND "agentGraphId" = $1 ->> 'graph_id' AND NOT "isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id')
    RETURNING id
),
ends AS (
    INSERT INTO runledger.share_ends AS stored (execution_id, share_token, expires_at)
    SELECT id, $1 ->> 'token', ($1 ->> 'expires_at')::timestamptz FROM shared
    ON CONFLICT (execution_id) DO UPDATE SET share_token = excluded.share_token, expires_at = excluded.expires_at
)
SELECT coalesce(
    (SELECT json_build_object('of', id, 'ok', json_build_object('token', $1 ->> 'token', 'expires_at', $1 ->> 'expires_at'))
     FROM shared),
    '{"missing": true}')::text
