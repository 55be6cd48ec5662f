-- What is stuck besides late executions: executions of the last 30 days that were made over an hour ago and never queued,
-- the oldest first; entries of queues that somebody took and did not acknowledge in time; and the names of some graphs.
-- Which minutes hold executions that are not finished is known from the rollups, and only their rows are read.
WITH day AS (
    SELECT user_id, graph_id, bucket
    FROM runledger.execution_rollups
    WHERE grain = 'd' AND bucket >= (now() AT TIME ZONE 'UTC')::date - 30 AND bucket < '10000-01-01'
        AND ($1::jsonb ->> 'user_id' IS NULL OR user_id = $1 ->> 'user_id')
    GROUP BY user_id, graph_id, bucket
    HAVING sum(executions - completed - failed - terminated) > 0
),
minute AS (
    SELECT user_id, graph_id, minute.bucket
    FROM day
    CROSS JOIN LATERAL (
        SELECT bucket
        FROM runledger.execution_rollups rollup
        WHERE rollup.user_id = day.user_id AND rollup.graph_id = day.graph_id AND grain = 'm'
            AND rollup.bucket >= day.bucket AND rollup.bucket < day.bucket + interval '1 day'
        GROUP BY bucket
        HAVING sum(executions - completed - failed - terminated) > 0
        OFFSET 0
    ) AS minute
),
unstarted AS (
    SELECT found.*
    FROM minute
    CROSS JOIN LATERAL (
        SELECT id, "userId" AS user_id, "agentGraphId" AS graph_id, "createdAt" AS since
        FROM "AgentGraphExecution" execution
        WHERE execution."userId" = minute.user_id AND execution."agentGraphId" = minute.graph_id
            AND execution."createdAt" >= minute.bucket AND execution."createdAt" < minute.bucket + interval '1 minute'
            AND NOT "isDeleted" AND "executionStatus" = 'INCOMPLETE'
        OFFSET 0
    ) AS found
    WHERE since < (now() AT TIME ZONE 'UTC') - interval '1 hour'
    LIMIT 1000
),
entry AS (
    SELECT id, graph_exec_id, node_exec_id, leased_until
    FROM runledger.queue_entries
    WHERE leased_until < now() AND ($1 ->> 'user_id' IS NULL OR user_id = $1 ->> 'user_id')
    ORDER BY leased_until
    LIMIT 1000
),
graph AS (
    SELECT id AS graph_id FROM jsonb_array_elements_text($1 -> 'graph_ids') AS id
    UNION
    SELECT graph_id FROM unstarted
)
SELECT json_build_object('ok', json_build_object(
    'unstarted_total', (SELECT count(*) FROM unstarted),
    'unstarted', (
        SELECT coalesce(json_agg(json_build_object('id', id, 'user_id', user_id, 'graph_id', graph_id, 'since', since)
            ORDER BY since, id), '[]')
        FROM (SELECT * FROM unstarted ORDER BY since, id LIMIT ($1 ->> 'limit')::int) AS first),
    'entries_total', (SELECT count(*) FROM entry),
    'entries', (
        SELECT coalesce(json_agg(json_build_object('graph_exec_id', graph_exec_id, 'node_exec_id', node_exec_id,
            'leased_until', leased_until AT TIME ZONE 'UTC') ORDER BY leased_until, id), '[]')
        FROM (SELECT * FROM entry ORDER BY leased_until, id LIMIT ($1 ->> 'limit')::int) AS first),
    'names', (
        SELECT coalesce(json_object_agg(graph_id, left(newest.name, 200)), '{}')
        FROM graph
        CROSS JOIN LATERAL (
            SELECT nullif(name, '') AS name FROM "AgentGraph" WHERE id = graph_id ORDER BY version DESC LIMIT 1) AS newest
        WHERE newest.name IS NOT NULL)))::text
