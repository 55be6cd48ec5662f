) WHEN (SELECT amount FROM runledger.credit_holds WHERE id = $1 ->> 'hold_id') < ($1 ->> 'amount')::int
    THEN '{"invalid": [{"pointer": "/amount", "detail": "is more than the hold has set aside"}]}'
ELSE '{"conflict": "the hold is captured, released or run out"}' END
