-- jobs/prune_request_metrics
-- Forgets what was counted of routes, methods and statuses that nobody has met for long; how many.
WITH gone AS (
    DELETE FROM runledger.request_metrics
    WHERE (route, method, status) IN (
        SELECT route, method, status FROM runledger.request_metrics
        WHERE counted_at < now() - ($1::jsonb ->> 'days')::int * interval '1 day'
        LIMIT ($1 ->> 'limit')::int
        FOR UPDATE SKIP LOCKED)
    RETURNING 1
)
SELECT json_build_object('ok', (SELECT count(*) FROM gone))::text
