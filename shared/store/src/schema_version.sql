SELECT json_build_object('ok', json_build_object('version', coalesce(max(version), 0)))::text
FROM runledger.migrations
WHERE $1::jsonb IS NOT NULL
