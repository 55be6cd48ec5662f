-- scoring/scores
-- The scores of an execution, newest first, as far as the budget goes; one more than asked tells whether there are more.
SELECT coalesce(
    (SELECT json_build_object('ok', (
        WITH given AS (
            SELECT *, runledger.bytes_used(runledger.answer_budget($1),
                1024 + 2 * coalesce(octet_length(summary), 0), NULL, NULL, NULL, NULL) OVER (ORDER BY id DESC) AS used
            FROM (
                SELECT * FROM runledger.scores
                WHERE graph_exec_id = e.id AND (user_id IS NULL OR user_id = e."userId")
                    AND ($1::jsonb ->> 'before' IS NULL OR id < ($1 ->> 'before')::bigint)
                ORDER BY id DESC
                LIMIT ($1 ->> 'limit')::int
            ) AS newest
        )
        SELECT json_build_object(
            'rows', (
                SELECT coalesce(json_agg(json_build_object('id', id, 'score', json_build_object(
                    'score', score, 'summary_text', summary, 'model_name', model, 'provider', provider,
                    'prompt_hash', prompt_hash, 'prompt_tokens', prompt_tokens,
                    'completion_tokens', completion_tokens, 'latency_ms', latency_ms, 'tries', tries, 'job_id', job_id,
                    'created_at', created_at)) ORDER BY id DESC), '[]')
                FROM given WHERE used <= runledger.answer_budget($1)),
            'ends_early', EXISTS (SELECT FROM given WHERE used > runledger.answer_budget($1)))))
    FROM "AgentGraphExecution" e
    WHERE e.id = $1 ->> 'id' AND NOT e."isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR e."userId" = $1 ->> 'user_id')),
    '{"missing": true}')::text
