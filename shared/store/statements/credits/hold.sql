-- credits/hold
SELECT runledger.one_at_a_time($1::jsonb ->> 'lock', $statement$
WITH -- What the user of the argument has and has set aside. A user without a balance has what its transactions come to, as the
-- platform counts.
account AS MATERIALIZED (
    SELECT coalesce(
            (SELECT balance FROM "UserBalance" WHERE "userId" = $1::jsonb ->> 'user_id'),
            (SELECT sum(amount) FROM "CreditTransaction" WHERE "userId" = $1 ->> 'user_id' AND "isActive"),
            0)::bigint AS balance,
        -- The time as the lock finds it, asked once, so that the index leaves out what has run out.
        (SELECT coalesce(sum(amount), 0) FROM runledger.credit_holds
        WHERE user_id = $1 ->> 'user_id' AND ended_at IS NULL AND expires_at > (SELECT clock_timestamp())
            AND id IS DISTINCT FROM $1 ->> 'hold_id') AS held,
        -- One after the other, so that the last one is the last one. One that the platform dated far ahead, or to
        -- infinity, does not take those after it along.
        greatest(clock_timestamp() AT TIME ZONE 'UTC', (
            SELECT max("createdAt") + interval '1 ms' FROM "CreditTransaction"
            WHERE "userId" = $1 ->> 'user_id'
                AND "createdAt" < clock_timestamp() AT TIME ZONE 'UTC' + interval '1 day'))::timestamp(3) AS at
)
-- Sets credits aside, if there are so many.
, held AS (
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
