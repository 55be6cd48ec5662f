-- credits/balance
-- What a user may spend.
SELECT json_build_object('ok', balance - held)::text FROM runledger.account($1::jsonb ->> 'user_id', NULL)
