-- Of the hold, which must be open and so large, the amount is spent; the rest is free again.
, gate AS MATERIALIZED (
    SELECT id FROM runledger.credit_holds
    WHERE id = $1 ->> 'hold_id' AND user_id = $1 ->> 'user_id' AND ended_at IS NULL
        AND expires_at > clock_timestamp() AND amount >= ($1 ->> 'amount')::int
    FOR UPDATE
)
