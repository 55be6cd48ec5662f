-- pages/scoring_results
-- A scoring job with the name of its graph, how its scores are spread over the five bands that prompts speak of, and what came
-- of its executions after the one numbered `after`: one more than asked tells whether there are more.
WITH job AS (
    SELECT * FROM runledger.scoring_jobs
    WHERE id = $1::jsonb ->> 'id' AND ($1 ->> 'user_id' IS NULL OR user_id = $1 ->> 'user_id')
)
SELECT coalesce(
    (SELECT json_build_object('ok', json_build_object(
        'job', runledger.scoring_job_json(job),
        'graph_name', left(coalesce(
            (SELECT nullif(name, '') FROM "AgentGraph" WHERE id = job.graph_id ORDER BY version DESC LIMIT 1),
            'Agent ' || left(job.graph_id, 8)), 200),
        'bands', (
            SELECT coalesce(json_agg(json_build_object('band', band, 'count', count, 'sum', sum) ORDER BY band), '[]')
            FROM (
                SELECT least(floor(score * 5), 4)::int AS band, count(*) AS count, sum(score) AS sum
                FROM (
                    SELECT score FROM runledger.scoring_items
                    WHERE job_id = job.id AND done IS NOT NULL
                    ORDER BY done
                    LIMIT 100000
                ) AS item
                WHERE score BETWEEN 0 AND 1
                GROUP BY 1
            ) AS band),
        'results', (
            SELECT coalesce(json_agg(json_build_object('done', item.done, 'result', json_build_object(
                'agent_id', coalesce(e."agentGraphId", job.graph_id),
                'version_id', coalesce(e."agentGraphVersion", job.graph_version, 0),
                'user_id', coalesce(e."userId", job.user_id, ''), 'exec_id', item.graph_exec_id,
                'summary_text', CASE WHEN NOT e."isDeleted" THEN left(item.summary, 2000) END,
                'score', CASE WHEN NOT e."isDeleted" THEN item.score END,
                'status', item.outcome,
                'error_message', CASE WHEN NOT e."isDeleted" THEN left(item.error, 2000)
                    WHEN item.outcome = 'failed' THEN 'the execution was deleted' END,
                'started_at', e."startedAt", 'ended_at', e."endedAt")) ORDER BY item.done), '[]')
            FROM (
                SELECT * FROM runledger.scoring_items
                WHERE job_id = job.id AND done > ($1 ->> 'after')::int
                ORDER BY done
                LIMIT ($1 ->> 'limit')::int
            ) AS item
            LEFT JOIN "AgentGraphExecution" e ON e.id = item.graph_exec_id
                AND (item.user_id IS NULL OR e."userId" = item.user_id AND e."createdAt" = item.exec_created_at))))
    FROM job),
    '{"missing": true}')::text
