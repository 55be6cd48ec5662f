graph AS (
    SELECT graph_id, sum(executions) AS executions, sum(completed) AS completed, sum(failed) AS failed,
        sum(terminated) AS terminated, sum(with_stats) AS with_stats, sum(cost) AS cost, sum(duration) AS duration
    FROM summed
    GROUP BY graph_id
    HAVING sum(executions) <> 0
),
-- The newest version's name. Which of the graphs that ran most ran last decides between them. (Rollups have the collation
-- "C": without a word the platform's indexes, which have another, are not used.)
named AS (
    SELECT graph.*, coalesce(nullif(newest.name, ''), 'Agent ' || left(graph_id, 8)) AS name, last_run
    FROM graph
    LEFT JOIN LATERAL (
        SELECT name FROM "AgentGraph" WHERE id = graph_id COLLATE "default" ORDER BY version DESC LIMIT 1) AS newest ON true
    LEFT JOIN LATERAL (
        SELECT e."createdAt" AS last_run
        FROM "AgentGraphExecution" e
        WHERE e."agentGraphId" = graph_id COLLATE "default" AND NOT e."isDeleted"
            AND e."createdAt" BETWEEN ($1 ->> 'from')::timestamp(3) AND ($1 ->> 'to')::timestamp(3)
            AND graph.executions = (SELECT max(executions) FROM graph)
