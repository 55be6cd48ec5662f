-- credits/transactions
-- A user's transactions, newest first, as far as the budget goes; one more than asked tells whether there are more.
WITH listed AS (
    SELECT *, runledger.bytes_used(runledger.answer_budget($1), 512, metadata, NULL, NULL, NULL)
        OVER (ORDER BY "createdAt" DESC, "transactionKey" DESC) AS used
    FROM (
        SELECT * FROM "CreditTransaction"
        WHERE "userId" = $1::jsonb ->> 'user_id' AND "isActive"
            AND ($1 ->> 'type' IS NULL OR type = ($1 ->> 'type')::"CreditTransactionType")
            AND ($1 ->> 'before_id' IS NULL
                OR ("createdAt", "transactionKey")
                    < (($1 ->> 'before_time')::timestamp, $1 ->> 'before_id'))
        ORDER BY "createdAt" DESC, "transactionKey" DESC
        LIMIT ($1 ->> 'limit')::int
    ) AS transaction
)
SELECT json_build_object('ok', json_build_object(
    'rows', (
        SELECT coalesce(json_agg(json_build_object('transaction_key', "transactionKey", 'amount', amount,
            'type', type, 'running_balance', "runningBalance", 'created_at', "createdAt",
            'metadata', runledger.cut_value(metadata, runledger.answer_budget($1) / 4))
            ORDER BY "createdAt" DESC, "transactionKey" DESC), '[]')
        FROM listed WHERE used <= runledger.answer_budget($1)),
    'ends_early', EXISTS (SELECT FROM listed WHERE used > runledger.answer_budget($1))))::text
