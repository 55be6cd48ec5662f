SELECT coalesce(
    (SELECT json_build_object('ok', spent.balance - account.held) FROM spent, account),
    (SELECT json_build_object('shortfall', json_build_object('balance', balance - held, 'amount', ($1 ->> 'amount')::int))
    FROM account))
