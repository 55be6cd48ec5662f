-- What came of an execution: the first that is told counts, whoever has the lease. A score goes into the statistics of
-- the execution as it is now, of which only two keys change. What a later answer cost counts too; who tells the same again,
-- not knowing that it was stored, is known by the lease.
-- The execution is locked before the item, as by whoever removes it.
WITH found AS MATERIALIZED (
    SELECT id FROM "AgentGraphExecution"
    WHERE id = $1::jsonb ->> 'graph_exec_id'
        AND ($1 ->> 'owner_id' IS NULL
            OR "userId" = $1 ->> 'owner_id' AND "createdAt" = ($1 ->> 'exec_created_at')::timestamp)
    FOR NO KEY UPDATE
),
known AS (
    SELECT * FROM runledger.scoring_items
    WHERE (SELECT count(*) FROM found) >= 0
        AND job_id = $1 ->> 'job_id' AND place = ($1 ->> 'place')::int
        AND (outcome IS NULL OR lease IS DISTINCT FROM $1 ->> 'lease')
    FOR UPDATE
),
item AS (
    SELECT * FROM known WHERE outcome IS NULL
),
scored AS (
    UPDATE "AgentGraphExecution" e
    SET stats = CASE WHEN jsonb_typeof(e.stats) = 'object' THEN e.stats ELSE '{}' END
            || jsonb_build_object('activity_status', $1 -> 'summary', 'correctness_score', $1 -> 'score'),
        "updatedAt" = now() AT TIME ZONE 'UTC'
    FROM item, found
    WHERE e.id = item.graph_exec_id AND e.id = found.id AND $1 ->> 'outcome' = 'success' AND NOT e."isDeleted"
        AND runledger.is_terminal(e."executionStatus")
    RETURNING e.id, e."userId"
),
kept AS (
    INSERT INTO runledger.scores (graph_exec_id, user_id, job_id, score, summary, model, provider, prompt_hash, prompt_tokens,
        completion_tokens, latency_ms, tries)
    SELECT scored.id, scored."userId", job.id, ($1 ->> 'score')::float8, $1 ->> 'summary', job.model, job.provider, job.prompt_hash,
        ($1 ->> 'prompt_tokens')::int, ($1 ->> 'completion_tokens')::int, ($1 ->> 'latency_ms')::int,
        ($1 ->> 'tries')::int
    FROM scored
    JOIN runledger.scoring_jobs job ON job.id = $1 ->> 'job_id'
),
result AS (
    SELECT item.job_id, item.place, is_lost, CASE WHEN is_lost THEN 'failed' ELSE $1 ->> 'outcome' END AS outcome
    FROM item
    CROSS JOIN LATERAL (
        SELECT NOT EXISTS (SELECT FROM found)
            OR $1 ->> 'outcome' = 'success' AND NOT EXISTS (SELECT FROM scored) AS is_lost
    ) AS lost
),
job AS (
    UPDATE runledger.scoring_jobs job
    SET succeeded = succeeded + coalesce((result.outcome = 'success')::int, 0),
        failed = failed + coalesce((result.outcome = 'failed')::int, 0),
        skipped = skipped + coalesce((result.outcome = 'skipped')::int, 0),
        prompt_tokens = prompt_tokens + coalesce(($1 ->> 'prompt_tokens')::bigint, 0),
        completion_tokens = completion_tokens + coalesce(($1 ->> 'completion_tokens')::bigint, 0),
        cost_usd = cost_usd + CASE WHEN $1 ->> 'tries' IS NULL THEN 0 ELSE ($1 ->> 'cost_usd')::float8 END,
        status = CASE WHEN status = 'running' AND succeeded + failed + skipped + 1 = total AND result.outcome IS NOT NULL
            THEN 'completed' ELSE status END,
        finished_at = CASE WHEN status = 'running' AND succeeded + failed + skipped + 1 = total
            AND result.outcome IS NOT NULL THEN clock_timestamp() ELSE finished_at END
    FROM known
    LEFT JOIN result ON true
    WHERE job.id = known.job_id
    RETURNING succeeded + failed + skipped AS done
),
told AS (
    UPDATE runledger.scoring_items item
    SET outcome = result.outcome, done = job.done, lease = $1 ->> 'lease', leased_until = NULL,
        summary = CASE WHEN NOT is_lost THEN $1 ->> 'summary' END,
        score = CASE WHEN NOT is_lost THEN ($1 ->> 'score')::float8 END,
        error = CASE WHEN is_lost THEN 'the execution was deleted or started again while it was scored'
            ELSE $1 ->> 'error' END
    FROM result, job
    WHERE item.job_id = result.job_id AND item.place = result.place
)
SELECT json_build_object('ok', EXISTS (SELECT FROM result))::text
