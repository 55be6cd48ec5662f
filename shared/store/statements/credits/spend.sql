-- credits/spend
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
, gate AS (SELECT)
-- The balance falls by the cost, if there is so much. Whoever else writes balances is waited for, and what it left counts.
, spent AS (
    INSERT INTO "UserBalance" AS kept ("userId", balance, "updatedAt")
    SELECT $1 ->> 'user_id', balance - ($1 ->> 'amount')::bigint, now() AT TIME ZONE 'UTC'
    FROM account, gate
    WHERE balance - held >= ($1 ->> 'amount')::bigint
    ON CONFLICT ("userId") DO UPDATE
        SET balance = kept.balance - ($1 ->> 'amount')::int, "updatedAt" = excluded."updatedAt"
        WHERE kept.balance - (SELECT held FROM account) >= ($1 ->> 'amount')::bigint
    RETURNING balance
),
written AS (
    INSERT INTO "CreditTransaction" ("transactionKey", "userId", amount, type, "runningBalance", metadata, "createdAt")
    SELECT $1 ->> 'transaction_key', $1 ->> 'user_id', -($1 ->> 'amount')::int, 'USAGE', spent.balance,
        ($1 ->> 'metadata')::jsonb, account.at
    FROM spent, account
)
SELECT coalesce(
    (SELECT json_build_object('ok', spent.balance - account.held) FROM spent, account),
    (SELECT json_build_object('shortfall', json_build_object('balance', balance - held, 'amount', ($1 ->> 'amount')::int))
    FROM account))

$statement$, $1)::text
