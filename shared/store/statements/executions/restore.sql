-- executions/restore
-- Undoes a soft delete.
WITH current AS MATERIALIZED (
    SELECT * FROM "AgentGraphExecution"
    WHERE id = $1::jsonb ->> 'id' AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id')
    FOR NO KEY UPDATE
),
restored AS (
    UPDATE "AgentGraphExecution" e
    SET "isDeleted" = false, "updatedAt" = clock_timestamp() AT TIME ZONE 'UTC'
    FROM current
    WHERE e.id = current.id AND current."isDeleted"
    RETURNING e.*
),
e AS (
    SELECT * FROM restored
    UNION ALL
    SELECT * FROM current WHERE NOT "isDeleted"
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
    '{"missing": true}')::text
