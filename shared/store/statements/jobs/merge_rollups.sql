-- jobs/merge_rollups
SELECT json_build_object('ok', runledger.merge_rollups(($1::jsonb ->> 'limit')::int))::text
