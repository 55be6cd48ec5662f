-- A scoring job that is over, with its items and its scores.
WITH given AS (SELECT $1::text::jsonb AS job),
score AS (
    SELECT place, score.*
    FROM given
    CROSS JOIN LATERAL jsonb_array_elements(job -> 'scores') WITH ORDINALITY AS listed (item, place)
    CROSS JOIN LATERAL jsonb_to_record(item) AS score (graph_exec_id text, score double precision, summary text,
        prompt_tokens integer, completion_tokens integer, latency_ms integer, tries integer, created_at timestamptz)
),
prompt AS (
    SELECT 'You judge whether a run of an agent did what the agent is for.' AS system_prompt,
        '{{GRAPH_NAME}}: {{EXECUTION_DATA}}' AS user_prompt
),
hashed AS (SELECT encode(sha256(convert_to(system_prompt || user_prompt, 'UTF8')), 'hex') AS prompt_hash FROM prompt),
made AS (
    INSERT INTO runledger.scoring_jobs (id, status, graph_id, model, provider, batch_size, skip_existing, system_prompt,
        user_prompt, prompt_hash, created_by, created_at, finished_at, total, succeeded, prompt_tokens,
        completion_tokens, cost_usd)
    SELECT job ->> 'id', 'completed', job ->> 'graph_id', job ->> 'model', job ->> 'provider', 10, true, system_prompt,
        user_prompt, prompt_hash, 'demo', (job ->> 'created_at')::timestamptz, (job ->> 'finished_at')::timestamptz,
        jsonb_array_length(job -> 'scores'), jsonb_array_length(job -> 'scores'), (job ->> 'prompt_tokens')::bigint,
        (job ->> 'completion_tokens')::bigint, (job ->> 'cost_usd')::double precision
    FROM given CROSS JOIN prompt CROSS JOIN hashed
    RETURNING id
),
item AS (
    INSERT INTO runledger.scoring_items (job_id, place, graph_exec_id, taken, outcome, done, summary, score)
    SELECT made.id, place, graph_exec_id, 1, 'success', place, summary, score
    FROM made CROSS JOIN score
)
INSERT INTO runledger.scores (graph_exec_id, job_id, score, summary, model, provider, prompt_hash, prompt_tokens,
    completion_tokens, latency_ms, tries, created_at)
SELECT graph_exec_id, made.id, score, summary, job ->> 'model', job ->> 'provider', prompt_hash, prompt_tokens,
    completion_tokens, latency_ms, tries, created_at
FROM score CROSS JOIN made CROSS JOIN given CROSS JOIN hashed
ORDER BY place
