-- The graphs of the newest runs, for whoever chooses one: the cost does not depend on how many there are.
SELECT json_build_object('ok', coalesce(json_agg(json_build_object(
    'id', graph_id, 'name', left(coalesce(nullif(newest.name, ''), 'Agent ' || left(graph_id, 8)), 200))
    ORDER BY newest.name, graph_id), '[]'))::text
FROM (
    SELECT DISTINCT graph_id
    FROM (
        (SELECT "agentGraphId" AS graph_id
        FROM "AgentGraphExecution"
        WHERE $1::jsonb ->> 'user_id' IS NOT NULL AND "userId" = $1 ->> 'user_id' AND NOT "isDeleted"
        ORDER BY "createdAt" DESC, id DESC
        LIMIT 300)
        UNION ALL
        (SELECT "agentGraphId"
        FROM "AgentGraphExecution"
        WHERE $1 ->> 'user_id' IS NULL AND NOT "isDeleted"
        ORDER BY "createdAt" DESC, id DESC
        LIMIT 300)
    ) AS recent
    LIMIT 100
) AS graph
LEFT JOIN LATERAL (
    SELECT name FROM "AgentGraph" WHERE id = graph_id ORDER BY version DESC LIMIT 1) AS newest ON true
