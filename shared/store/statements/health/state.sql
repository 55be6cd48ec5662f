-- health/state
-- Which schema the database has, and whether it takes writes. For any version of the schema.
SELECT json_build_object('ok', json_build_object('version', coalesce(max(version), 0),
    'read_only', current_setting('transaction_read_only')::boolean))::text
FROM runledger.migrations
WHERE $1::jsonb IS NOT NULL
