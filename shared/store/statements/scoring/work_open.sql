-- scoring/work_open
-- What a runner has to know of a job.
SELECT coalesce(
    (SELECT json_build_object('ok', json_build_object('model', model, 'provider', provider, 'batch_size', batch_size,
        'skip_existing', skip_existing, 'templates', json_build_object('system', system_prompt, 'user', user_prompt)))
    FROM runledger.scoring_jobs
    WHERE id = $1::jsonb ->> 'id' AND status = 'running'),
    '{"nothing": true}')::text
