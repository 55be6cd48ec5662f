, ended AS (
    UPDATE runledger.credit_holds hold
    SET ended_at = clock_timestamp(), captured = ($1 ->> 'amount')::int
    FROM spent
    WHERE hold.id = $1 ->> 'hold_id'
)
SELECT CASE WHEN EXISTS (SELECT FROM gate) THEN (
