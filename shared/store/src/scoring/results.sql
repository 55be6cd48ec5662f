-- What came of the executions of a job, in the order in which it did, after the one numbered `after`.
WITH job AS (
    SELECT * FROM runledger.scoring_jobs
    WHERE id = $1::jsonb ->> 'id' AND ($1 ->> 'user_id' IS NULL OR user_id = $1 ->> 'user_id')
)
SELECT coalesce(
    (SELECT json_build_object('ok', json_build_object('job',
