-- Sets credits aside, if there are so many.
SELECT runledger.one_at_a_time($1::jsonb ->> 'lock', $statement$
WITH account AS MATERIALIZED (
    SELECT * FROM runledger.account($1::jsonb ->> 'user_id', NULL)
),
held AS (
    INSERT INTO runledger.credit_holds (id, user_id, amount, expires_at)
    SELECT $1 ->> 'id', $1 ->> 'user_id', ($1 ->> 'amount')::int,
        coalesce(($1 ->> 'expires_at')::timestamptz, clock_timestamp() + interval '1 day')
    FROM account
    WHERE balance - held >= ($1 ->> 'amount')::bigint
    RETURNING id
)
SELECT coalesce(
    (SELECT json_build_object('ok', id) FROM held),
    (SELECT json_build_object('shortfall', json_build_object('balance', balance - held, 'amount', ($1 ->> 'amount')::int))
    FROM account))
$statement$, $1)::text
