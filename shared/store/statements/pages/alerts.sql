-- pages/alerts
-- Reads all of "accuracy_alerts": there is one for each fall of a graph's accuracy, for a year.
-- The graphs whose accuracy is low, the deepest fall first, with their daily scores of the last 21 days, and how many there
-- are; and those that have recovered, the newest recovery first. Times are compared as cursors have them, to the millisecond.
WITH open AS (
    SELECT *, count(*) OVER () AS total
    FROM runledger.accuracy_alerts
    WHERE recovered_at IS NULL AND ($1::jsonb ->> 'user_id' IS NULL OR user_id = $1 ->> 'user_id')
    ORDER BY drop_percent DESC, id
    LIMIT 200
),
recovered AS (
    SELECT *, 0::bigint AS total
    FROM runledger.accuracy_alerts
    WHERE recovered_at IS NOT NULL AND ($1 ->> 'user_id' IS NULL OR user_id = $1 ->> 'user_id')
        AND ($1 ->> 'before_id' IS NULL OR (date_trunc('milliseconds', recovered_at), id)
            < (($1 ->> 'before_time')::timestamptz, $1 ->> 'before_id'))
    ORDER BY date_trunc('milliseconds', recovered_at) DESC, id DESC
    LIMIT ($1 ->> 'limit')::int
),
named AS (
    SELECT alert.*, json_build_object('graph_name', left(coalesce(nullif(newest.name, ''),
            'Agent ' || left(graph_id, 8)), 200),
        'id', id, 'graph_id', graph_id, 'user_id', user_id,
        'state', CASE WHEN recovered_at IS NULL THEN 'open' ELSE 'recovered' END, 'drop_percent', drop_percent,
        'three_day_avg', three_day_avg, 'seven_day_avg', seven_day_avg, 'detected_at', detected_at AT TIME ZONE 'UTC',
        'recovered_at', recovered_at AT TIME ZONE 'UTC', 'notified_at', notified_at AT TIME ZONE 'UTC',
        'scores', CASE WHEN recovered_at IS NULL THEN (
            SELECT json_agg(day.score ORDER BY day.bucket)
            FROM (
                SELECT bucket, runledger.shown_number(sum(score) / sum(scored) * 100) AS score
                FROM runledger.execution_rollups rollup
                WHERE rollup.user_id = alert.user_id COLLATE "C" AND rollup.graph_id = alert.graph_id COLLATE "C"
                    AND grain = 'd' AND bucket >= (now() AT TIME ZONE 'UTC')::date - 21 AND bucket < '10000-01-01'
                GROUP BY bucket
                HAVING sum(scored) > 0
            ) AS day) END) AS shown
    FROM (SELECT * FROM open UNION ALL SELECT * FROM recovered) AS alert
    LEFT JOIN LATERAL (
        SELECT name FROM "AgentGraph" WHERE id = graph_id ORDER BY version DESC LIMIT 1) AS newest ON true
)
SELECT json_build_object('ok', json_build_object(
    'total_open', coalesce(max(total), 0),
    'open', coalesce(json_agg(shown ORDER BY drop_percent DESC, id) FILTER (WHERE recovered_at IS NULL), '[]'),
    'recovered', coalesce(json_agg(shown ORDER BY date_trunc('milliseconds', recovered_at) DESC, id DESC)
        FILTER (WHERE recovered_at IS NOT NULL), '[]')))::text
FROM named
