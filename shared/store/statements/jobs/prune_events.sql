-- jobs/prune_events
SELECT json_build_object('ok', runledger.prune_events(
    ($1::jsonb ->> 'days')::int * interval '1 day', ($1 ->> 'limit')::int))::text
