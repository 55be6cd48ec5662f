-- executions/count_of_user_by_parent
SELECT CASE WHEN ($1::jsonb ->> 'parent_required')::boolean AND NOT EXISTS (
    SELECT FROM "AgentGraphExecution"
    WHERE id = $1 ->> 'parent_id' AND NOT "isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id'))
THEN '{"missing": true}'::json
ELSE json_build_object('ok', (SELECT count(*) FROM "AgentGraphExecution"
WHERE NOT "isDeleted" AND "userId" = $1 ->> 'user_id' AND "parentGraphExecutionId" = $1 ->> 'parent_id'
    -- The lower bound compares rows: the planner takes a plain pair of bounds for a narrow range and picks another index.
    AND ("createdAt", id) >= (coalesce(($1 ->> 'created_from')::timestamp, '-infinity'), '')
    AND "createdAt" <= coalesce(($1 ->> 'created_to')::timestamp, 'infinity')
)) END::text
