-- executions/page_of_everybody_filtered
-- Reads all of "AgentGraphExecution": all runs of everybody are counted.
-- A page of graph executions, newest first, and how many there are on all pages. The page is found in the index alone, and
-- only its rows are fetched. It has no cursor to carry on by: executions that do not fit the budget come without their values.
SELECT CASE WHEN ($1::jsonb ->> 'parent_required')::boolean AND NOT EXISTS (
        SELECT FROM "AgentGraphExecution"
        WHERE id = $1 ->> 'parent_id' AND NOT "isDeleted"
            AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id'))
    THEN '{"missing": true}'::json
    ELSE json_build_object('ok', json_build_object(
        'total', (
            SELECT count(*)
            FROM "AgentGraphExecution" e
            WHERE NOT e."isDeleted"
                AND e."agentGraphVersion" = ($1 ->> 'graph_version')::int
                AND $1 -> 'statuses' ? e."executionStatus"::text
                AND e."createdAt" >= ($1 ->> 'created_from')::timestamp
                AND e."createdAt" <= ($1 ->> 'created_to')::timestamp
        ),
        'rows', (
            SELECT coalesce(json_agg(json_build_object('execution', e.execution, 'values', (
                SELECT shown FROM runledger.execution_values(e.budget,
                    e.inputs, e."credentialInputs", e."nodesInputMasks", e.stats) AS shown))), '[]')
            FROM (
                SELECT e.*, CASE WHEN e.used <= runledger.answer_budget($1) THEN runledger.answer_budget($1) ELSE 0 END
                    AS budget
                FROM (
                    SELECT e.*, runledger.bytes_used(runledger.answer_budget($1), 1024,
                        e.inputs, e."credentialInputs", e."nodesInputMasks", e.stats)
                        OVER (ORDER BY page."createdAt" DESC, page.id DESC) AS used
                    FROM (
                        SELECT e.id, e."createdAt"
                        FROM "AgentGraphExecution" e
                        WHERE NOT e."isDeleted"
                            AND e."agentGraphVersion" = ($1 ->> 'graph_version')::int
                            AND $1 -> 'statuses' ? e."executionStatus"::text
                            AND e."createdAt" >= ($1 ->> 'created_from')::timestamp
                            AND e."createdAt" <= ($1 ->> 'created_to')::timestamp
                        ORDER BY e."createdAt" DESC, e.id DESC
                        LIMIT ($1 ->> 'limit')::int OFFSET ($1 ->> 'offset')::bigint
                    ) page
                    CROSS JOIN LATERAL (
                        SELECT runledger.execution_json(e) AS execution, e.inputs, e."credentialInputs",
                            e."nodesInputMasks", e.stats
                        FROM "AgentGraphExecution" e
                        WHERE e.id = page.id
                        LIMIT 1
                    ) e
                ) e
                -- What is over the budget is found out once.
                OFFSET 0
            ) e))) END::text
