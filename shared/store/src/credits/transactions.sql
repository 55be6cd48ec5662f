-- A user's transactions, newest first; one more than asked tells whether there are more.
SELECT json_build_object('ok', coalesce(json_agg(json_build_object('transaction_key', "transactionKey", 'amount', amount,
    'type', type, 'running_balance', "runningBalance", 'created_at', "createdAt", 'metadata', metadata)
    ORDER BY "createdAt" DESC, "transactionKey" DESC), '[]'))::text
FROM (
    SELECT * FROM "CreditTransaction"
    WHERE "userId" = $1::jsonb ->> 'user_id' AND "isActive"
        AND ($1 ->> 'type' IS NULL OR type = ($1 ->> 'type')::"CreditTransactionType")
        AND ($1 ->> 'before_id' IS NULL
            OR ("createdAt", "transactionKey")
                < (($1 ->> 'before_time')::timestamp, $1 ->> 'before_id'))
    ORDER BY "createdAt" DESC, "transactionKey" DESC
    LIMIT ($1 ->> 'limit')::int
) AS listed
