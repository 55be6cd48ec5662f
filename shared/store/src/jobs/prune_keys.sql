-- Forgets idempotency keys whose day is over, the oldest first; how many.
WITH gone AS (
    DELETE FROM runledger.idempotency_keys
    WHERE (caller, key) IN (
        SELECT caller, key FROM runledger.idempotency_keys
        WHERE created_at < now() - interval '24 hours'
        ORDER BY created_at
        LIMIT ($1::jsonb ->> 'limit')::int
        FOR UPDATE SKIP LOCKED)
    RETURNING 1
)
SELECT json_build_object('ok', (SELECT count(*) FROM gone))::text
