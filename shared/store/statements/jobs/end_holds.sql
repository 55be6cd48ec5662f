-- jobs/end_holds
-- Ends holds that have run out, the oldest first; how many. They count no more either way: an hour later nobody is at them.
WITH ended AS (
    UPDATE runledger.credit_holds
    SET ended_at = expires_at
    WHERE id IN (
        SELECT id FROM runledger.credit_holds
        WHERE ended_at IS NULL AND expires_at < now() - interval '1 hour'
        ORDER BY expires_at
        LIMIT ($1::jsonb ->> 'limit')::int
        FOR UPDATE SKIP LOCKED)
    RETURNING 1
)
SELECT json_build_object('ok', (SELECT count(*) FROM ended))::text
