-- Open alerts that nobody was told of yet, the oldest first.
SELECT json_build_object('ok', coalesce(json_agg(json_build_object('id', id, 'graph_id', graph_id, 'user_id', user_id,
    'drop_percent', round(drop_percent, 1), 'three_day_avg', round(three_day_avg, 1),
    'seven_day_avg', round(seven_day_avg, 1)) ORDER BY detected_at, id), '[]'))::text
FROM (
    SELECT * FROM runledger.accuracy_alerts
    WHERE recovered_at IS NULL AND notified_at IS NULL
    ORDER BY detected_at, id
    LIMIT ($1::jsonb ->> 'limit')::int
) AS alert
