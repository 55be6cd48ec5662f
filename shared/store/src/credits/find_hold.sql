-- Whose credits a hold has set aside.
SELECT coalesce(
    (SELECT json_build_object('ok', json_build_object('user_id', user_id, 'amount', amount))
    FROM runledger.credit_holds
    WHERE id = $1::jsonb ->> 'hold_id' AND ($1 ->> 'user_id' IS NULL OR user_id = $1 ->> 'user_id')),
    '{"missing": true}')::text
