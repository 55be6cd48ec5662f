FROM runledger.scoring_jobs job
WHERE job.id = $1::jsonb ->> 'id' AND ($1 ->> 'user_id' IS NULL OR job.user_id = $1 ->> 'user_id')
