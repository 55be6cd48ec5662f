-- jobs/prune_idempotency_keys
-- Reads all of "idempotency_keys": 5,000 rows that are removed at once are a large part of a table as small as this one.
-- Forgets idempotency keys that are past their time, the oldest first; how many.
WITH gone AS (
    DELETE FROM runledger.idempotency_keys
    WHERE (caller, key) IN (
        SELECT caller, key FROM runledger.idempotency_keys
        WHERE created_at < now() - ($1::jsonb ->> 'days')::int * interval '1 day'
        ORDER BY created_at
        LIMIT ($1 ->> 'limit')::int
        FOR UPDATE SKIP LOCKED)
    RETURNING 1
)
SELECT json_build_object('ok', (SELECT count(*) FROM gone))::text
