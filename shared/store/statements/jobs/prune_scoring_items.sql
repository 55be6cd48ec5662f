-- jobs/prune_scoring_items
-- Forgets executions of scoring jobs that ended long ago; how many.
WITH gone AS (
    DELETE FROM runledger.scoring_items
    WHERE (job_id, place) IN (
        SELECT item.job_id, item.place
        FROM (
            SELECT id FROM runledger.scoring_jobs
            WHERE finished_at < now() - ($1::jsonb ->> 'days')::int * interval '1 day' AND status <> 'running'
            ORDER BY finished_at
        ) AS job
        JOIN runledger.scoring_items item ON item.job_id = job.id
        LIMIT ($1 ->> 'limit')::int)
    RETURNING 1
)
SELECT json_build_object('ok', (SELECT count(*) FROM gone))::text
