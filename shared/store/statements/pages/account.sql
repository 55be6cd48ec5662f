-- pages/account
-- What a user has, what of it is set aside, and what was spent since a time: of the newest 10,000 spends, no more.
SELECT json_build_object('ok', json_build_object('balance', account.balance, 'held', account.held, 'spent', spent.amount,
    'has_more', spent.spends = 10000))::text
FROM runledger.account($1::jsonb ->> 'user_id', NULL) AS account
CROSS JOIN (
    SELECT coalesce(-sum(amount), 0) AS amount, count(*) AS spends
    FROM (
        SELECT amount FROM "CreditTransaction"
        WHERE "userId" = $1 ->> 'user_id' AND "isActive" AND type = 'USAGE'
            AND "createdAt" >= ($1 ->> 'since')::timestamp
        ORDER BY "createdAt" DESC
        LIMIT 10000
    ) AS spend
) AS spent
