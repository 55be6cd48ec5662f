-- scoring/get
SELECT coalesce((SELECT json_build_object('ok',
-- The job `job`, as the API shows it.
json_build_object(
    'id', job.id, 'status', job.status, 'graph_id', job.graph_id, 'graph_version', job.graph_version,
    'user_id', job.user_id, 'created_after', job.created_after, 'model_name', job.model, 'provider', job.provider,
    'batch_size', job.batch_size, 'skip_existing', job.skip_existing, 'prompt_hash', job.prompt_hash,
    'total_executions', job.total, 'processed_executions', job.succeeded + job.failed,
    'successful_analytics', job.succeeded, 'failed_analytics', job.failed, 'skipped_executions', job.skipped,
    'prompt_tokens', job.prompt_tokens, 'completion_tokens', job.completion_tokens, 'cost_usd', job.cost_usd,
    'created_by', job.created_by, 'created_at', job.created_at, 'finished_at', job.finished_at)
)
FROM runledger.scoring_jobs job
WHERE job.id = $1::jsonb ->> 'id' AND ($1 ->> 'user_id' IS NULL OR job.user_id = $1 ->> 'user_id')
), '{"missing": true}')::text
