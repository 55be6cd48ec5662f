-- jobs/prune_scoring_jobs
-- Forgets scoring jobs that ended long ago and have no executions left, the oldest first; how many.
WITH gone AS (
    DELETE FROM runledger.scoring_jobs
    WHERE id IN (
        SELECT id FROM runledger.scoring_jobs job
        WHERE finished_at < now() - ($1::jsonb ->> 'days')::int * interval '1 day' AND status <> 'running'
            AND NOT EXISTS (SELECT FROM runledger.scoring_items WHERE job_id = job.id)
        ORDER BY finished_at
        LIMIT ($1 ->> 'limit')::int
        FOR UPDATE SKIP LOCKED)
    RETURNING 1
)
SELECT json_build_object('ok', (SELECT count(*) FROM gone))::text
