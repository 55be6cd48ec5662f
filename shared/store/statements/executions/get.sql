-- executions/get
-- A graph execution.
WITH e AS (
    SELECT * FROM "AgentGraphExecution"
    WHERE id = $1::jsonb ->> 'id' AND NOT "isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id')
        AND ($1 ->> 'graph_id' IS NULL OR "agentGraphId" = $1 ->> 'graph_id')
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
