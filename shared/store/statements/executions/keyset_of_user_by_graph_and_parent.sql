-- executions/keyset_of_user_by_graph_and_parent
-- Graph executions, newest first, as far as the budget goes; one more than asked tells whether there are more. The list of
-- an execution's children is missing where the execution is.
SELECT CASE WHEN ($1::jsonb ->> 'parent_required')::boolean AND NOT EXISTS (
        SELECT FROM "AgentGraphExecution"
        WHERE id = $1 ->> 'parent_id' AND NOT "isDeleted"
            AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id'))
    THEN '{"missing": true}'::json
    ELSE json_build_object('ok', (
        SELECT json_build_object(
            'rows', coalesce(json_agg(json_build_object('execution', e.execution, 'values', (
                SELECT shown FROM runledger.execution_values(runledger.answer_budget($1),
                    e.inputs, e."credentialInputs", e."nodesInputMasks", e.stats) AS shown)))
                FILTER (WHERE e.used <= runledger.answer_budget($1)), '[]'),
            'ends_early', coalesce(bool_or(e.used > runledger.answer_budget($1)), false))
        FROM (
            SELECT e.*, runledger.bytes_used(runledger.answer_budget($1), 1024,
                e.inputs, e."credentialInputs", e."nodesInputMasks", e.stats)
                OVER (ORDER BY e."createdAt" DESC, e.id DESC) AS used
            FROM (
                SELECT runledger.execution_json(e) AS execution, e.id, e."createdAt", e.inputs, e."credentialInputs",
                    e."nodesInputMasks", e.stats
                FROM "AgentGraphExecution" e
                WHERE NOT e."isDeleted"
                    AND e."userId" = $1 ->> 'user_id'
                    AND e."parentGraphExecutionId" = $1 ->> 'parent_id'
                    AND e."agentGraphId" = $1 ->> 'graph_id'
                    AND (e."createdAt", e.id) >= (coalesce(($1 ->> 'created_from')::timestamp, '-infinity'), '')
                ORDER BY e."createdAt" DESC, e.id DESC
                LIMIT ($1 ->> 'limit')::int
            ) e
        ) e)) END::text
