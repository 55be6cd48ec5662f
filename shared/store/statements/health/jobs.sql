-- health/jobs
-- What became of scheduled jobs: for those named, how long ago a run last succeeded, in seconds (where none ever did, since
-- there is a schema), and whether the last one failed.
SELECT json_build_object('ok', coalesce(json_agg(json_build_object('name', asked.name,
    'seconds', greatest(extract(epoch FROM clock_timestamp() - coalesce(job.succeeded_at, schema.made_at)), 0),
    'has_succeeded', job.succeeded_at IS NOT NULL,
    'has_failed', coalesce(job.failed_at > coalesce(job.succeeded_at, '-infinity'), false)) ORDER BY asked.place), '[]'))::text
FROM jsonb_array_elements_text($1::jsonb -> 'names') WITH ORDINALITY AS asked (name, place)
LEFT JOIN runledger.jobs job ON job.name = asked.name
CROSS JOIN (SELECT min(applied_at) AS made_at FROM runledger.migrations) AS schema
