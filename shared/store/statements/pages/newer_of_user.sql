-- pages/newer_of_user
-- How many runs of a list are newer than a place in it, up to a number.
SELECT json_build_object('ok', (
    SELECT count(*)
    FROM (
        SELECT
        FROM "AgentGraphExecution" e
        WHERE NOT e."isDeleted"
            AND (e."createdAt", e.id) > (($1::jsonb ->> 'after_time')::timestamp, $1 ->> 'after_id')
            AND e."userId" = $1 ->> 'user_id'
        LIMIT ($1 ->> 'limit')::int
    ) AS newer))::text
