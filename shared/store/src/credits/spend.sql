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
