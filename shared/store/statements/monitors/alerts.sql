-- monitors/alerts
-- Reads all of "accuracy_alerts": there is one for each fall of a graph's accuracy, for a year.
-- The alerts that the scan opened, newest first.
SELECT json_build_object('ok', coalesce(json_agg(json_build_object('id', id, 'graph_id', graph_id, 'user_id', user_id,
    'state', CASE WHEN recovered_at IS NULL THEN 'open' ELSE 'recovered' END, 'drop_percent', drop_percent,
    'three_day_avg', three_day_avg, 'seven_day_avg', seven_day_avg, 'detected_at', detected_at AT TIME ZONE 'UTC',
    'recovered_at', recovered_at AT TIME ZONE 'UTC', 'notified_at', notified_at AT TIME ZONE 'UTC')
    ORDER BY detected_at DESC, id), '[]'))::text
FROM (
    SELECT * FROM runledger.accuracy_alerts
    WHERE $1::jsonb ->> 'user_id' IS NULL OR user_id = $1 ->> 'user_id'
    ORDER BY detected_at DESC, id
    LIMIT 1000
) AS alert
