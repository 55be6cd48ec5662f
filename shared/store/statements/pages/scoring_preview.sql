-- pages/scoring_preview
-- How many finished executions a scoring job would find, and how many of them have a summary and a score: the newest 10,000,
-- no more. The name of the graph, if there is such a graph.
SELECT json_build_object('ok', json_build_object(
    'graph_name', (
        SELECT left(coalesce(nullif(name, ''), 'Agent ' || left(id, 8)), 200) FROM "AgentGraph"
        WHERE id = $1 ->> 'graph_id' ORDER BY version DESC LIMIT 1),
    'found', count(*),
    'scored', count(*) FILTER (WHERE is_scored),
    'has_more', count(*) = 10000))::text
FROM (
    SELECT coalesce(e.stats ->> 'activity_status', '') <> '' AND runledger.stored_score(e.stats) IS NOT NULL AS is_scored
    FROM "AgentGraphExecution" e
    WHERE e."agentGraphId" = $1::jsonb ->> 'graph_id' AND NOT e."isDeleted"
        AND e."executionStatus" IN ('COMPLETED', 'FAILED', 'TERMINATED')
        AND ($1 ->> 'graph_version' IS NULL OR e."agentGraphVersion" = ($1 ->> 'graph_version')::int)
        AND ($1 ->> 'user_id' IS NULL OR e."userId" = $1 ->> 'user_id')
        AND ($1 ->> 'created_after' IS NULL
            OR e."createdAt" >= ($1 ->> 'created_after')::timestamptz AT TIME ZONE 'UTC')
    ORDER BY e."createdAt" DESC, e.id DESC
    LIMIT 10000
) AS found
