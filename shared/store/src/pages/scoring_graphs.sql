-- The graphs that finished most runs in the last 30 days, by the days of the rollups: what one is likely to score.
WITH frequent AS (
    SELECT graph_id, sum(completed + failed + terminated) AS finished
    FROM runledger.execution_rollups
    WHERE grain = 'd' AND bucket >= (now() AT TIME ZONE 'UTC')::date - 30 AND bucket < '10000-01-01'
        AND ($1::jsonb ->> 'user_id' IS NULL OR user_id = $1 ->> 'user_id')
    GROUP BY graph_id
    HAVING sum(completed + failed + terminated) > 0
    ORDER BY finished DESC, graph_id
    LIMIT 100
)
SELECT json_build_object('ok', coalesce(json_agg(json_build_object('id', graph_id, 'finished', finished, 'name',
    left(coalesce(nullif(newest.name, ''), 'Agent ' || left(graph_id, 8)), 200))
    ORDER BY finished DESC, graph_id), '[]'))::text
FROM frequent
LEFT JOIN LATERAL (
    SELECT name FROM "AgentGraph" WHERE id = graph_id COLLATE "default" ORDER BY version DESC LIMIT 1) AS newest ON true
