-- pages/scoring_jobs
-- Scoring jobs with the names of their graphs, newest first; one more than asked tells whether there are more.
WITH listed AS (
    SELECT job.id, job.graph_id, job.created_at, runledger.scoring_job_json(job) AS shown
    FROM runledger.scoring_jobs job
    WHERE ($1::jsonb ->> 'user_id' IS NULL OR job.user_id = $1 ->> 'user_id')
        AND ($1 ->> 'before_id' IS NULL
            OR (job.created_at, job.id) < (($1 ->> 'before_time')::timestamptz, $1 ->> 'before_id'))
    ORDER BY job.created_at DESC, job.id DESC
    LIMIT ($1 ->> 'limit')::int
)
SELECT json_build_object('ok', coalesce(json_agg(json_build_object('job', shown, 'graph_name',
    left(coalesce(nullif(newest.name, ''), 'Agent ' || left(graph_id, 8)), 200))
    ORDER BY created_at DESC, listed.id DESC), '[]'))::text
FROM listed
LEFT JOIN LATERAL (
    SELECT name FROM "AgentGraph" WHERE id = graph_id ORDER BY version DESC LIMIT 1) AS newest ON true
