-- The balance rises.
SELECT runledger.one_at_a_time($1::jsonb ->> 'lock', $statement$
WITH account AS MATERIALIZED (
    SELECT * FROM runledger.account($1::jsonb ->> 'user_id', NULL)
),
given AS (
    INSERT INTO "UserBalance" AS kept ("userId", balance, "updatedAt")
    SELECT $1 ->> 'user_id', balance + ($1 ->> 'amount')::int, now() AT TIME ZONE 'UTC'
    FROM account
    ON CONFLICT ("userId") DO UPDATE
        SET balance = kept.balance + ($1 ->> 'amount')::int, "updatedAt" = excluded."updatedAt"
    RETURNING balance
),
written AS (
    INSERT INTO "CreditTransaction" ("transactionKey", "userId", amount, type, "runningBalance", metadata, "createdAt")
    SELECT $1 ->> 'transaction_key', $1 ->> 'user_id', ($1 ->> 'amount')::int, ($1 ->> 'type')::"CreditTransactionType",
        given.balance, ($1 ->> 'metadata')::jsonb, account.at
    FROM given, account
)
SELECT json_build_object('ok', given.balance - account.held) FROM given, account
$statement$, $1)::text
