-- scoring/running
-- Jobs that are not done, the oldest first.
SELECT json_build_object('ok', coalesce(json_agg(id ORDER BY created_at), '[]'))::text
FROM (
    SELECT id, created_at FROM runledger.scoring_jobs
    WHERE status = 'running'
    ORDER BY created_at
    LIMIT ($1::jsonb ->> 'limit')::int
) AS job
