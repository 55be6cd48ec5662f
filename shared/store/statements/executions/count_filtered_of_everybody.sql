-- executions/count_filtered_of_everybody
SELECT CASE WHEN ($1::jsonb ->> 'parent_required')::boolean AND NOT EXISTS (
    SELECT FROM "AgentGraphExecution"
    WHERE id = $1 ->> 'parent_id' AND NOT "isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id'))
THEN '{"missing": true}'::json
ELSE json_build_object('ok', (SELECT count(*) FROM "AgentGraphExecution"
WHERE NOT "isDeleted"
    AND ($1 ->> 'graph_id' IS NULL OR "agentGraphId" = $1 ->> 'graph_id')
    AND ($1 ->> 'graph_version' IS NULL OR "agentGraphVersion" = ($1 ->> 'graph_version')::int)
    AND ($1 ->> 'parent_id' IS NULL OR "parentGraphExecutionId" = $1 ->> 'parent_id')
    AND ($1 -> 'statuses' IS NULL OR $1 -> 'statuses' ? "executionStatus"::text)
    AND "createdAt" >= coalesce(($1 ->> 'created_from')::timestamp, '-infinity')
    AND "createdAt" <= coalesce(($1 ->> 'created_to')::timestamp, 'infinity')
)) END::text
