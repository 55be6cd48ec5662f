-- jobs/prune_credit_holds
-- Reads all of "credit_holds": 5,000 rows that are removed at once are a large part of a table as small as this one.
-- Forgets holds that ended long ago, the oldest first; how many.
WITH gone AS (
    DELETE FROM runledger.credit_holds
    WHERE id IN (
        SELECT id FROM runledger.credit_holds
        WHERE ended_at < now() - ($1::jsonb ->> 'days')::int * interval '1 day'
        ORDER BY ended_at
        LIMIT ($1 ->> 'limit')::int
        FOR UPDATE SKIP LOCKED)
    RETURNING 1
)
SELECT json_build_object('ok', (SELECT count(*) FROM gone))::text
