-- metrics/add
-- Adds what an instance has counted of its requests. In one order, so that two that do so at once never wait in a circle.
WITH counted AS (
    INSERT INTO runledger.request_metrics AS m
        (method, route, status, requests, seconds, database_round_trips, redis_round_trips, buckets)
    SELECT * FROM jsonb_to_recordset($1::jsonb -> 'rows') AS row (
        method text, route text, status smallint, requests bigint, seconds double precision,
        database_round_trips bigint, redis_round_trips bigint, buckets bigint[])
    ORDER BY route, method, status
    ON CONFLICT (route, method, status) DO UPDATE SET
        counted_at = now(),
        requests = m.requests + excluded.requests,
        seconds = m.seconds + excluded.seconds,
        database_round_trips = m.database_round_trips + excluded.database_round_trips,
        redis_round_trips = m.redis_round_trips + excluded.redis_round_trips,
        buckets = ARRAY(
            SELECT coalesce(old, 0) + coalesce(new, 0)
            FROM unnest(m.buckets, excluded.buckets) WITH ORDINALITY AS bucket (old, new, place)
            ORDER BY place)
    RETURNING requests
)
SELECT json_build_object('ok', count(*))::text FROM counted
