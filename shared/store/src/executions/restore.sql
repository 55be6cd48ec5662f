WITH current AS MATERIALIZED (
    SELECT * FROM "AgentGraphExecution"
    WHERE id = $1::jsonb ->> 'id' AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id')
    FOR NO KEY UPDATE
),
restored AS (
    UPDATE "AgentGraphExecution" e
    SET "isDeleted" = false, "updatedAt" = clock_timestamp() AT TIME ZONE 'UTC'
    FROM current
    WHERE e.id = current.id AND current."isDeleted"
    RETURNING e.*
),
e AS (
    SELECT * FROM restored
    UNION ALL
    SELECT * FROM current WHERE NOT "isDeleted"
),
refusal AS (SELECT NULL::json AS outcome WHERE false)
