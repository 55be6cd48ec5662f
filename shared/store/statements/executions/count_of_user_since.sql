-- executions/count_of_user_since
-- How many graph executions there are.
SELECT CASE WHEN ($1::jsonb ->> 'parent_required')::boolean AND NOT EXISTS (
        SELECT FROM "AgentGraphExecution"
        WHERE id = $1 ->> 'parent_id' AND NOT "isDeleted"
            AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id'))
    THEN '{"missing": true}'::json
    ELSE json_build_object('ok', (
        SELECT count(*)
        FROM "AgentGraphExecution" e
        WHERE NOT e."isDeleted"
            AND e."userId" = $1 ->> 'user_id'
            AND (e."createdAt", e.id) >= (coalesce(($1 ->> 'created_from')::timestamp, '-infinity'), '')
    )) END::text
