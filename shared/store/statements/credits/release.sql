-- credits/release
-- Gives credits back that were set aside. A hold that has run out by itself is given back already.
WITH known AS (
    SELECT * FROM runledger.credit_holds
    WHERE id = $1::jsonb ->> 'hold_id' AND ($1 ->> 'user_id' IS NULL OR user_id = $1 ->> 'user_id')
    FOR UPDATE
),
ended AS (
    UPDATE runledger.credit_holds hold
    SET ended_at = clock_timestamp()
    FROM known
    WHERE hold.id = known.id AND known.ended_at IS NULL
)
SELECT coalesce(
    (SELECT CASE WHEN captured IS NULL THEN '{"ok": true}' ELSE '{"conflict": "the hold was captured"}' END FROM known),
    '{"missing": true}')
