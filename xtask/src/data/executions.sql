-- The executions from $4 to $5 of a world ($1 seed, $2 users, $3 graphs) with their nodes, inputs and outputs, over the
-- 90 days before today. Few users and graphs have most of them. Scores drift from week to week; every seventh graph
-- gets worse in the last three days.
WITH drawn AS (
    SELECT n, seed, md5(seed || ' execution ' || n)::uuid::text AS id,
        -- Squares and cubes of what is even are skewed.
        1 + floor(users * power(((hashint8extended(n, seed + 10) & 1048575) / 1048576.0), 3))::int AS user_number,
        1 + floor(graphs * power(((hashint8extended(n, seed + 11) & 1048575) / 1048576.0), 2))::int AS graph_number,
        (now() AT TIME ZONE 'UTC')::date - 90 * interval '1 day' * ((hashint8extended(n, seed + 12) & 1048575) / 1048576.0) AS created_at,
        ((hashint8extended(n, seed + 13) & 1048575) / 1048576.0) AS fate, 0.5 + 60 * power(((hashint8extended(n, seed + 14) & 1048575) / 1048576.0), 3) AS seconds,
        floor(40 * ((hashint8extended(n, seed + 15) & 1048575) / 1048576.0))::int AS cost, ((hashint8extended(n, seed + 16) & 1048575) / 1048576.0) AS luck
    FROM (SELECT $1::bigint AS seed, $2::int AS users, $3::int AS graphs) AS chance,
        generate_series($4::bigint, $5::bigint) AS n
),
execution AS MATERIALIZED (
    SELECT drawn.*, md5(seed || ' user ' || user_number)::uuid::text AS user_id,
        md5(seed || ' graph ' || graph_number)::uuid::text AS graph_id,
        CASE WHEN created_at < (now() AT TIME ZONE 'UTC')::date - 1 AND fate > 0.97 THEN 'COMPLETED'
            WHEN fate < 0.86 THEN 'COMPLETED' WHEN fate < 0.93 THEN 'FAILED' WHEN fate < 0.97 THEN 'TERMINATED'
            WHEN fate < 0.985 THEN 'RUNNING' ELSE 'QUEUED' END AS status,
        round((least(1, greatest(0, 0.85 + 0.08 * sin(graph_number + extract(epoch FROM created_at) / 604800)
            + 0.1 * (luck - 0.5)
            - CASE WHEN graph_number % 7 = 0 AND created_at > (now() AT TIME ZONE 'UTC')::date - 3 THEN 0.4 ELSE 0 END)
        ))::numeric, 3) AS score
    FROM drawn
),
made AS (
    INSERT INTO "AgentGraphExecution" (id, "createdAt", "updatedAt", "startedAt", "endedAt", "executionStatus",
        "agentGraphId", "agentGraphVersion", inputs, "credentialInputs", "nodesInputMasks", "userId", stats)
    SELECT id, created_at, created_at + seconds * interval '1 second',
        CASE WHEN status <> 'QUEUED' THEN created_at + interval '200 ms' END,
        CASE WHEN status IN ('COMPLETED', 'FAILED', 'TERMINATED') THEN created_at + seconds * interval '1 second' END,
        status::"AgentExecutionStatus", graph_id, 1, jsonb_build_object('text', 'question ' || n), '{}', '{}', user_id,
        CASE WHEN status IN ('COMPLETED', 'FAILED', 'TERMINATED') THEN jsonb_build_object('cost', cost,
            'walltime', round(seconds::numeric, 3), 'cputime', round(seconds::numeric / 10, 3),
            'nodes_walltime', round(seconds::numeric * 0.9, 3), 'nodes_cputime', round(seconds::numeric / 11, 3),
            'node_count', 3, 'node_error_count', (status = 'FAILED')::int,
            'error', CASE WHEN status = 'FAILED' THEN 'the model did not answer' END,
            'activity_status', CASE WHEN luck > 0.1 THEN 'Answered question ' || n || '.' END,
            'correctness_score', CASE WHEN luck > 0.1 THEN CASE status WHEN 'COMPLETED' THEN score ELSE 0.1 END END) END
    FROM execution
    ON CONFLICT DO NOTHING
),
-- The nodes take turns within their execution; one that has not ended has a part of its nodes.
step AS MATERIALIZED (
    SELECT execution.id AS execution_id, execution.n, node.id AS node_id, md5(execution.id || node.id)::uuid::text AS id,
        created_at + seconds * place / places * interval '1 second' AS begun,
        created_at + seconds * (place + 1) / places * interval '1 second' AS ended,
        CASE WHEN status IN ('FAILED', 'RUNNING', 'TERMINATED') AND place = places - 1 THEN status ELSE 'COMPLETED' END AS status
    FROM execution
    JOIN LATERAL (
        SELECT id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS places
        FROM "AgentNode"
        WHERE "agentGraphId" = graph_id AND "agentGraphVersion" = 1
        OFFSET 0
    ) AS node ON status <> 'QUEUED'
),
made_steps AS (
    INSERT INTO "AgentNodeExecution" (id, "agentGraphExecutionId", "agentNodeId", "executionStatus", "addedTime",
        "queuedTime", "startedTime", "endedTime", stats)
    SELECT id, execution_id, node_id, status::"AgentExecutionStatus", begun, begun, begun,
        CASE WHEN status <> 'RUNNING' THEN ended END, '{}'
    FROM step
    ON CONFLICT DO NOTHING
),
made_values AS (
    INSERT INTO "AgentNodeExecutionInputOutput" (id, name, data, time, "referencedByInputExecId", "referencedByOutputExecId")
    SELECT md5(id || ' in')::uuid::text, 'value', to_jsonb('text ' || n), begun, id, NULL FROM step
    UNION ALL
    SELECT md5(id || ' out')::uuid::text, 'result', to_jsonb('answer ' || n), ended, NULL, id
    FROM step WHERE status = 'COMPLETED'
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM execution
