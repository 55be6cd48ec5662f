,
latest AS (
    SELECT graph_id, user_id, drop_percent, three_day_avg, seven_day_avg
    FROM judged
    WHERE age = 1 AND drop_percent IS NOT NULL AND NOT EXISTS (SELECT FROM runledger.rollup_backfill)
),
-- An alert that is open stays the same one.
raised AS (
    INSERT INTO runledger.accuracy_alerts AS alert (graph_id, user_id, drop_percent, three_day_avg, seven_day_avg)
    SELECT graph_id, user_id, drop_percent, three_day_avg, seven_day_avg
    FROM latest
    WHERE drop_percent >= ($1 ->> 'threshold')::numeric
    ON CONFLICT (graph_id, user_id) WHERE recovered_at IS NULL DO UPDATE
        SET drop_percent = excluded.drop_percent, three_day_avg = excluded.three_day_avg,
            seven_day_avg = excluded.seven_day_avg, updated_at = now()
    RETURNING detected_at = now() AS is_new
),
recovered AS (
    UPDATE runledger.accuracy_alerts alert
    SET recovered_at = now(), updated_at = now()
    FROM latest
    WHERE alert.recovered_at IS NULL AND alert.graph_id = latest.graph_id AND alert.user_id = latest.user_id
        AND latest.drop_percent < ($1 ->> 'threshold')::numeric
    RETURNING 1
)
SELECT json_build_object('ok', json_build_object(
    'scanned', (SELECT count(*) FROM watched), 'opened', (SELECT count(*) FROM raised WHERE is_new),
    'recovered', (SELECT count(*) FROM recovered)))::text
