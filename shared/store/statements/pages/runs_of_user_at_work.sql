-- pages/runs_of_user_at_work
-- Runs as a page lists them, newest first: with the names of their graphs, and of their stats what a line shows. Other orders
-- than the newest are those of the newest `window` runs. `matches` goes up to one more than is told.
SELECT json_build_object('ok', json_build_object(
    'matches', CASE WHEN ($1::jsonb ->> 'is_counted')::boolean THEN (
        SELECT count(*)
        FROM (
            SELECT
            FROM "AgentGraphExecution" e
            WHERE NOT e."isDeleted"
                AND e.id = ANY (ARRAY(SELECT noted.id COLLATE "default" FROM runledger.executions_at_work noted))
                AND e."userId" = $1 ->> 'user_id'
                AND $1 -> 'statuses' ? e."executionStatus"::text
                AND (e."createdAt", e.id) >= (coalesce(($1 ->> 'created_from')::timestamp, '-infinity'), '')
            ORDER BY e."createdAt" DESC, e.id DESC
            LIMIT ($1 ->> 'most_counted')::int
        ) AS counted) END,
    'rows', (
        SELECT coalesce(json_agg(json_build_object(
            'id', e.id, 'user_id', e."userId", 'graph_id', e."agentGraphId", 'graph_version', e."agentGraphVersion",
            'graph_name', left(coalesce(nullif(newest.name, ''), 'Agent ' || left(e."agentGraphId", 8)), 200),
            'status', e."executionStatus", 'created_at', e."createdAt", 'started_at', e."startedAt", 'ended_at', e."endedAt",
            'parent_id', e."parentGraphExecutionId",
            'stats', CASE WHEN runledger.shown_bytes(e.told, 2048) <= 2048 THEN e.told END) ORDER BY e.place), '[]')
        FROM (
            SELECT e.*, row_number() OVER (ORDER BY e.rank DESC NULLS LAST, e."createdAt" DESC, e.id DESC) AS place
            FROM (
                SELECT e.*,
                    CASE WHEN jsonb_typeof(e.stats) = 'object' THEN jsonb_strip_nulls(jsonb_build_object(
                        'cost', e.stats -> 'cost', 'walltime', e.stats -> 'walltime', 'node_count', e.stats -> 'node_count',
                        'node_error_count', e.stats -> 'node_error_count',
                        'correctness_score', e.stats -> 'correctness_score',
                        'error', CASE jsonb_typeof(e.stats -> 'error')
                            WHEN 'string' THEN to_jsonb(left(e.stats ->> 'error', 200)) ELSE e.stats -> 'error' END)) END AS told,
                    CASE $1 ->> 'sort' WHEN 'slowest' THEN read.duration WHEN 'dearest' THEN read.cost END AS rank
                FROM (
                    SELECT e.id, e."createdAt", e."startedAt", e."endedAt", e."executionStatus", e."agentGraphId",
                        e."agentGraphVersion", e."userId", e."parentGraphExecutionId", e.stats
                    FROM "AgentGraphExecution" e
                    WHERE NOT e."isDeleted"
                        AND e.id = ANY (ARRAY(SELECT noted.id COLLATE "default" FROM runledger.executions_at_work noted))
                        AND e."userId" = $1 ->> 'user_id'
                        AND $1 -> 'statuses' ? e."executionStatus"::text
                        AND (e."createdAt", e.id) >= (coalesce(($1 ->> 'created_from')::timestamp, '-infinity'), '')
                    ORDER BY e."createdAt" DESC, e.id DESC
                    LIMIT ($1 ->> 'window')::int
                ) e
                CROSS JOIN LATERAL runledger.read_stats(e.stats) AS read
                WHERE $1 ->> 'sort' IS DISTINCT FROM 'unscored'
                    OR read.score IS NULL AND runledger.is_terminal(e."executionStatus")
            ) e
            ORDER BY place
            LIMIT ($1 ->> 'limit')::int
        ) e
        LEFT JOIN LATERAL (
            SELECT name FROM "AgentGraph" WHERE id = e."agentGraphId" ORDER BY version DESC LIMIT 1) AS newest ON true)))::text
