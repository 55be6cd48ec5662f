-- scoring/list
-- Reads all of "scoring_jobs": operators begin some a day, for 90 days.
-- Scoring jobs, newest first; one more than asked tells whether there are more.
SELECT json_build_object('ok', coalesce(json_agg(listed.shown ORDER BY listed.created_at DESC, listed.id DESC), '[]'))::text
FROM (
    SELECT job.id, job.created_at, runledger.scoring_job_json(job) AS shown
    FROM runledger.scoring_jobs job
    WHERE ($1::jsonb ->> 'user_id' IS NULL OR job.user_id = $1 ->> 'user_id')
        AND ($1 ->> 'graph_id' IS NULL OR job.graph_id = $1 ->> 'graph_id')
        AND ($1 ->> 'before_id' IS NULL
            OR (job.created_at, job.id) < (($1 ->> 'before_time')::timestamptz, $1 ->> 'before_id'))
    ORDER BY job.created_at DESC, job.id DESC
    LIMIT ($1 ->> 'limit')::int
) AS listed
