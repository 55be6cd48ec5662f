-- events/number
SELECT json_build_object('ok', runledger.number_events(($1::jsonb ->> 'published')::bigint))::text
