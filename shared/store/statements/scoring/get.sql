-- scoring/get
-- A scoring job.
SELECT coalesce(
    (SELECT json_build_object('ok', runledger.scoring_job_json(job))
    FROM runledger.scoring_jobs job
    WHERE job.id = $1::jsonb ->> 'id' AND ($1 ->> 'user_id' IS NULL OR job.user_id = $1 ->> 'user_id')),
    '{"missing": true}')::text
