-- scoring/cancel
-- No execution of the job is begun after this. Those that are with the model at this moment are still stored.
WITH known AS (
    SELECT id, status FROM runledger.scoring_jobs
    WHERE id = $1::jsonb ->> 'id' AND ($1 ->> 'user_id' IS NULL OR user_id = $1 ->> 'user_id')
    FOR NO KEY UPDATE
),
cancelled AS (
    UPDATE runledger.scoring_jobs job
    SET status = 'cancelled', finished_at = now()
    FROM known
    WHERE job.id = known.id AND known.status = 'running'
)
SELECT coalesce(
    (SELECT CASE status WHEN 'completed' THEN '{"conflict": "the job is completed; there is nothing to cancel"}'
        ELSE '{"ok": true}' END FROM known),
    '{"missing": true}')
