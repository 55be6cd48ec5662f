-- An alert that is over.
INSERT INTO runledger.accuracy_alerts (id, graph_id, user_id, drop_percent, three_day_avg, seven_day_avg, detected_at,
    updated_at, recovered_at)
SELECT id, graph_id, user_id, drop_percent, three_day_avg, seven_day_avg, detected_at, recovered_at, recovered_at
FROM jsonb_to_record($1::text::jsonb) AS alert (id text, graph_id text, user_id text, drop_percent numeric,
    three_day_avg numeric, seven_day_avg numeric, detected_at timestamptz, recovered_at timestamptz)
