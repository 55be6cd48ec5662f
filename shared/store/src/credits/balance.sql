SELECT json_build_object('ok', balance - held)::text FROM account
