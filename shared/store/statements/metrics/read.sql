-- metrics/read
-- Reads all of "queue_entries": only runs that wait, or ended this week, have entries.
-- Reads all of "scoring_jobs": operators begin some a day, for 90 days.
-- Numbers for operators. Finished executions are counted by the rollups of the last 30 days; which minutes hold others is
-- known from the rollups too, and only their rows are read (as the search for late executions does).
WITH asked AS (
    SELECT (now() AT TIME ZONE 'UTC')::date - 30 AS since WHERE $1::jsonb IS NOT NULL
),
day AS (
    SELECT user_id, graph_id, bucket, sum(completed) AS completed, sum(failed) AS failed, sum(terminated) AS terminated,
        sum(executions - completed - failed - terminated) AS unfinished
    FROM runledger.execution_rollups
    WHERE grain = 'd' AND bucket >= (SELECT since FROM asked) AND bucket < '10000-01-01'
    GROUP BY user_id, graph_id, bucket
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
    WHERE day.unfinished > 0
),
unfinished AS (
    SELECT found."executionStatus"::text AS state, count(*) AS count
    FROM minute
    CROSS JOIN LATERAL (
        SELECT "executionStatus" FROM "AgentGraphExecution" execution
        WHERE execution."userId" = minute.user_id AND execution."agentGraphId" = minute.graph_id
            AND execution."createdAt" >= minute.bucket AND execution."createdAt" < minute.bucket + interval '1 minute'
            AND NOT "isDeleted" AND NOT runledger.is_terminal("executionStatus")
        OFFSET 0
    ) AS found
    GROUP BY 1
),
finished AS (
    SELECT coalesce(sum(completed), 0) AS completed, coalesce(sum(failed), 0) AS failed,
        coalesce(sum(terminated), 0) AS terminated
    FROM day
),
executions AS (
    SELECT state, coalesce(count, 0) AS count
    FROM unnest(ARRAY['INCOMPLETE', 'QUEUED', 'RUNNING', 'REVIEW']) AS state
    -- FULL: a later platform may have more of them.
    FULL JOIN unfinished USING (state)
    UNION ALL
    SELECT state, count
    FROM finished, LATERAL (VALUES ('COMPLETED', completed), ('FAILED', failed), ('TERMINATED', terminated))
        AS each (state, count)
),
unnumbered AS (
    SELECT recorded_at FROM runledger.events WHERE seq IS NULL ORDER BY id LIMIT 100000
),
queue AS (
    SELECT CASE WHEN leased_until > clock_timestamp() THEN 'leased' ELSE 'waiting' END AS state, count(*) AS count
    FROM runledger.queue_entries
    GROUP BY 1
)
SELECT json_build_object('ok', json_build_object(
    'requests', (SELECT coalesce(json_agg(m ORDER BY route, method, status), '[]') FROM runledger.counted_requests() m),
    'executions', (SELECT json_agg(e) FROM executions e),
    'outbox', json_build_object(
        'unnumbered', (SELECT count(*) FROM unnumbered),
        'lag_seconds', (SELECT coalesce(greatest(extract(epoch FROM clock_timestamp() - min(recorded_at)), 0), 0)
            FROM unnumbered),
        'unpublished', (SELECT greatest(numbered.last_value - published.last_value, 0)
            FROM runledger.event_numbers numbered, runledger.event_published published)),
    'queue', (SELECT json_agg(json_build_object('state', state, 'count', coalesce(queue.count, 0)))
        FROM unnest(ARRAY['waiting', 'leased']) AS state LEFT JOIN queue USING (state)),
    'jobs', (SELECT coalesce(json_agg(json_build_object('name', name,
            'running', lease IS NOT NULL AND coalesce(lease_until > clock_timestamp(), false),
            'started_at', extract(epoch FROM started_at), 'finished_at', extract(epoch FROM finished_at),
            'succeeded_at', extract(epoch FROM succeeded_at), 'failures', failures)
        ORDER BY name), '[]') FROM runledger.jobs),
    'scoring_jobs', (SELECT coalesce(json_agg(jobs), '[]')
        FROM (SELECT status AS state, count(*) AS count FROM runledger.scoring_jobs GROUP BY status) jobs),
    'scoring_waiting', (SELECT count(*) FROM runledger.scoring_items WHERE outcome IS NULL),
    'credit_holds', (SELECT count(*) FROM runledger.credit_holds WHERE ended_at IS NULL AND expires_at > now()),
    'schema_version', (SELECT max(version) FROM runledger.migrations)))::text
