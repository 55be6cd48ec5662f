-- scoring/results
-- What came of the executions of a job, in the order in which it did, after the one numbered `after`; and the job.
WITH job AS (
    SELECT * FROM runledger.scoring_jobs
    WHERE id = $1::jsonb ->> 'id' AND ($1 ->> 'user_id' IS NULL OR user_id = $1 ->> 'user_id')
)
SELECT coalesce(
    (SELECT json_build_object('ok', json_build_object('job', runledger.scoring_job_json(job), 'results', (
        SELECT coalesce(json_agg(json_build_object('done', item.done, 'result', json_build_object(
            'agent_id', coalesce(e."agentGraphId", job.graph_id),
            'version_id', coalesce(e."agentGraphVersion", job.graph_version, 0),
            'user_id', coalesce(e."userId", job.user_id, ''), 'exec_id', item.graph_exec_id,
            'summary_text', CASE WHEN NOT e."isDeleted" THEN item.summary END, 'score', CASE WHEN NOT e."isDeleted" THEN item.score END,
            'status', item.outcome,
            'error_message', CASE WHEN NOT e."isDeleted" THEN item.error
                WHEN item.outcome = 'failed' THEN 'the execution was deleted' END,
            'started_at', e."startedAt", 'ended_at', e."endedAt")) ORDER BY item.done), '[]')
        FROM (
            SELECT *, runledger.bytes_used(runledger.answer_budget($1),
                1024 + 2 * (coalesce(octet_length(summary), 0) + coalesce(octet_length(error), 0)), NULL, NULL, NULL, NULL)
                OVER (ORDER BY done) AS used
            FROM (
                SELECT * FROM runledger.scoring_items
                WHERE job_id = job.id AND done > ($1 ->> 'after')::int
                ORDER BY done
                LIMIT ($1 ->> 'limit')::int
            ) AS next
        ) AS item
        LEFT JOIN "AgentGraphExecution" e ON e.id = item.graph_exec_id
            AND (item.user_id IS NULL OR e."userId" = item.user_id AND e."createdAt" = item.exec_created_at)
        WHERE item.used <= runledger.answer_budget($1))))
    FROM job),
    '{"missing": true}')::text
