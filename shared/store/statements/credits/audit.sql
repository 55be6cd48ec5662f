-- credits/audit
-- Reads all of "CreditTransaction": an audit adds everything up.
-- Reads all of "UserBalance": an audit adds everything up.
-- Whether balances are the sums of amounts, and each running balance the one before it and its amount. Transactions
-- without a running balance, which the platform may leave, are added up and begin a new chain.
WITH active AS (
    SELECT "userId" AS user_id, "transactionKey" AS transaction_key, amount, "runningBalance" AS running_balance,
        lag("runningBalance") OVER in_order AS before, row_number() OVER in_order AS place
    FROM "CreditTransaction"
    WHERE "isActive" AND ($1::jsonb ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id')
    WINDOW in_order AS (PARTITION BY "userId" ORDER BY "createdAt", "transactionKey")
),
total AS (SELECT user_id, sum(amount) AS amount, count(*) AS transactions FROM active GROUP BY user_id),
kept AS (
    SELECT "userId" AS user_id, balance FROM "UserBalance"
    WHERE $1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id'
),
fault AS (
    SELECT coalesce(total.user_id, kept.user_id) AS user_id, 'balance' AS what, NULL AS transaction_key,
        coalesce(total.amount, 0) AS expected, kept.balance AS found, 0 AS place
    FROM total FULL JOIN kept ON kept.user_id = total.user_id
    WHERE kept.balance IS DISTINCT FROM coalesce(total.amount, 0)
        -- A user whom the platform gave no balance has what its transactions come to.
        AND kept.balance IS NOT NULL
    UNION ALL
    SELECT user_id, 'running_balance', transaction_key,
        CASE WHEN place = 1 THEN 0 ELSE before END + amount, running_balance, place
    FROM active
    WHERE running_balance IS NOT NULL AND (place = 1 OR before IS NOT NULL)
        AND running_balance <> CASE WHEN place = 1 THEN 0 ELSE before END + amount
)
SELECT json_build_object('ok', json_build_object(
    'users', (SELECT count(*) FROM total FULL JOIN kept ON kept.user_id = total.user_id),
    'transactions', (SELECT coalesce(sum(transactions), 0) FROM total),
    'faults', (
        SELECT coalesce(json_agg(json_build_object('user_id', user_id, 'what', what, 'transaction_key', transaction_key,
            'expected', expected, 'found', found) ORDER BY user_id, place), '[]')
        FROM (SELECT * FROM fault ORDER BY user_id, place LIMIT 1000) AS first)))::text
