-- credits/capture
-- Of a hold, which must be open and so large, the amount is spent as by spend.sql; the rest is free again. Whose account it is
-- on, the hold says: neither changes after it was made, so that it may be looked up before the lock.
SELECT coalesce((
    SELECT runledger.one_at_a_time('runledger.credits:' || user_id, $statement$
WITH account AS MATERIALIZED (
    SELECT * FROM runledger.account($1::jsonb ->> 'user_id', $1 ->> 'hold_id')
),
gate AS MATERIALIZED (
    SELECT id FROM runledger.credit_holds
    WHERE id = $1 ->> 'hold_id' AND user_id = $1 ->> 'user_id' AND ended_at IS NULL
        AND expires_at > clock_timestamp() AND amount >= ($1 ->> 'amount')::int
    FOR UPDATE
),
spent AS (
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
),
ended AS (
    UPDATE runledger.credit_holds hold
    SET ended_at = clock_timestamp(), captured = ($1 ->> 'amount')::int
    FROM spent
    WHERE hold.id = $1 ->> 'hold_id'
)
SELECT CASE
    WHEN EXISTS (SELECT FROM gate) THEN coalesce(
        (SELECT json_build_object('ok', spent.balance - account.held) FROM spent, account),
        (SELECT json_build_object('shortfall', json_build_object('balance', balance - held, 'amount', ($1 ->> 'amount')::int))
        FROM account))
    WHEN (SELECT amount FROM runledger.credit_holds WHERE id = $1 ->> 'hold_id') < ($1 ->> 'amount')::int
        THEN '{"invalid": [{"pointer": "/amount", "detail": "is more than the hold has set aside"}]}'
    ELSE '{"conflict": "the hold is captured, released or run out"}' END
$statement$, $1::jsonb || jsonb_build_object('user_id', user_id))
    FROM runledger.credit_holds
    WHERE id = $1::jsonb ->> 'hold_id' AND ($1 ->> 'user_id' IS NULL OR user_id = $1 ->> 'user_id')
), '{"missing": true}')::text
