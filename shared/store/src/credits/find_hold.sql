-- Whose credits a hold has set aside.
SELECT coalesce(
    (SELECT json_build_object('ok', json_build_object('user_id', user_id, 'amount', amount,
        'state', CASE WHEN captured IS NOT NULL THEN 'captured' WHEN ended_at IS NOT NULL THEN 'released'
            WHEN expires_at <= clock_timestamp() THEN 'expired' ELSE 'open' END))
    FROM runledger.credit_holds
    WHERE id = $1::jsonb ->> 'hold_id' AND ($1 ->> 'user_id' IS NULL OR user_id = $1 ->> 'user_id')),
    '{"missing": true}')::text
