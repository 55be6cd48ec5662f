-- The balance falls by the cost, if there is so much. Whoever else writes balances is waited for, and what it left counts.
SELECT runledger.one_at_a_time($1::jsonb ->> 'lock', $statement$
WITH account AS MATERIALIZED (
    SELECT * FROM runledger.account($1::jsonb ->> 'user_id', NULL)
),
spent AS (
    INSERT INTO "UserBalance" AS kept ("userId", balance, "updatedAt")
    SELECT $1 ->> 'user_id', balance - ($1 ->> 'amount')::bigint, now() AT TIME ZONE 'UTC'
    FROM account
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
