-- Another status, other statistics, or both. The row is locked before it is judged, so that the answer to a writer that
-- lost a race names the status that won. One that is hidden goes on: nobody but its executor sees that.
WITH current AS MATERIALIZED (
    SELECT * FROM "AgentGraphExecution"
    WHERE id = $1::jsonb ->> 'id'
        AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id')
    FOR NO KEY UPDATE
),
changed AS (
    UPDATE "AgentGraphExecution" e
    SET "updatedAt" = clock_timestamp() AT TIME ZONE 'UTC',
        "executionStatus" = coalesce(($1 ->> 'status')::"AgentExecutionStatus", e."executionStatus"),
        "startedAt" = CASE WHEN $1 ->> 'status' = 'RUNNING'
            THEN coalesce(e."startedAt", clock_timestamp() AT TIME ZONE 'UTC') ELSE e."startedAt" END,
        "endedAt" = CASE WHEN $1 ->> 'status' IS NULL THEN e."endedAt"
            WHEN runledger.is_terminal(($1 ->> 'status')::"AgentExecutionStatus")
                THEN clock_timestamp() AT TIME ZONE 'UTC' END,
        stats = CASE WHEN $1 -> 'stats' IS NULL THEN e.stats
            WHEN jsonb_typeof(e.stats) = 'object' THEN e.stats || ($1 ->> 'stats')::jsonb
            ELSE ($1 ->> 'stats')::jsonb END
    FROM current
    WHERE e.id = current.id
        AND ($1 ->> 'status' IS NULL OR $1 -> 'allowed_from' ? current."executionStatus"::text)
    RETURNING e.*
),
e AS (
    SELECT * FROM changed
    UNION ALL
    SELECT * FROM current
    WHERE ("executionStatus"::text = $1 ->> 'status' OR ($1 ->> 'or_as_it_is')::boolean)
        AND NOT EXISTS (SELECT FROM changed)
)
SELECT coalesce(
    (SELECT json_build_object('of', e.id, 'ok', json_build_object(
        'execution', runledger.execution_json(e),
        'values', (
            SELECT shown FROM runledger.execution_values(runledger.answer_budget($1),
                e.inputs, e."credentialInputs", e."nodesInputMasks", e.stats) AS shown),
        'boundary', (
            SELECT edges FROM runledger.boundary(
                e.id, e."agentGraphId", e."agentGraphVersion", runledger.answer_budget($1) / 4, false) AS edges)))
    FROM e),
    (SELECT json_build_object('illegal_move', json_build_object('current', "executionStatus", 'to', $1 ->> 'status'))
    FROM current),
    '{"missing": true}')::text
