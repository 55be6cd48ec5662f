-- A job over the finished executions that fit, newest first; those that are scored already are done at once. Where there
-- are more than `most`, nothing happens.
WITH found AS MATERIALIZED (
    SELECT id, "userId", "createdAt", row_number() OVER (ORDER BY "createdAt" DESC, id DESC)::int AS place,
        ($1 ->> 'skip_existing')::boolean AND is_scored AS is_skipped, stats
    FROM (
        SELECT e.id, e."userId", e."createdAt", e.stats, coalesce(e.stats ->> 'activity_status', '') <> ''
            AND runledger.stored_score(e.stats) IS NOT NULL AS is_scored
        FROM "AgentGraphExecution" e
        WHERE e."agentGraphId" = $1::jsonb ->> 'graph_id' AND NOT e."isDeleted"
            AND runledger.is_terminal(e."executionStatus")
            AND ($1 ->> 'graph_version' IS NULL OR e."agentGraphVersion" = ($1 ->> 'graph_version')::int)
            AND ($1 ->> 'user_id' IS NULL OR e."userId" = $1 ->> 'user_id')
            AND ($1 ->> 'created_after' IS NULL
                OR e."createdAt" >= ($1 ->> 'created_after')::timestamptz AT TIME ZONE 'UTC')
        ORDER BY e."createdAt" DESC, e.id DESC
        LIMIT ($1 ->> 'most')::int + 1
    ) AS finished
),
counted AS (SELECT count(*) AS total, count(*) FILTER (WHERE is_skipped) AS skipped FROM found),
job AS (
    INSERT INTO runledger.scoring_jobs (id, status, graph_id, graph_version, user_id, created_after, model, provider,
        batch_size, skip_existing, system_prompt, user_prompt, prompt_hash, created_by, finished_at, total, skipped)
    SELECT $1 ->> 'id', CASE WHEN skipped = total THEN 'completed' ELSE 'running' END, $1 ->> 'graph_id',
        ($1 ->> 'graph_version')::int, $1 ->> 'user_id', ($1 ->> 'created_after')::timestamptz, $1 ->> 'model',
        $1 ->> 'provider', ($1 ->> 'batch_size')::int, ($1 ->> 'skip_existing')::boolean, $1 ->> 'system_prompt',
        $1 ->> 'user_prompt', $1 ->> 'prompt_hash', $1 ->> 'created_by', CASE WHEN skipped = total THEN now() END,
        total, skipped
    FROM counted
    WHERE total <= coalesce(($1 ->> 'most')::int, total)
    RETURNING *
),
items AS (
    INSERT INTO runledger.scoring_items (job_id, place, graph_exec_id, user_id, exec_created_at, outcome, done, summary, score)
    SELECT job.id, place, found.id, found."userId", found."createdAt", CASE WHEN is_skipped THEN 'skipped' END,
        CASE WHEN is_skipped THEN row_number() OVER (PARTITION BY is_skipped ORDER BY place) END,
        CASE WHEN is_skipped THEN stats ->> 'activity_status' END,
        CASE WHEN is_skipped THEN runledger.stored_score(stats) END
    FROM job, found
)
SELECT coalesce(
    (SELECT json_build_object('ok', runledger.scoring_job_json(job)) FROM job),
    (SELECT json_build_object('invalid', json_build_array(json_build_object('pointer', '', 'detail',
        format('finds more than %s executions; send `Prefer: respond-async` to have them scored in the background',
            $1 ->> 'most'))))))::text
