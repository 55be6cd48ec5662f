-- executions/page_of_user_by_graph
SELECT CASE WHEN ($1::jsonb ->> 'parent_required')::boolean AND NOT EXISTS (
    SELECT FROM "AgentGraphExecution"
    WHERE id = $1 ->> 'parent_id' AND NOT "isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id'))
THEN '{"missing": true}'::json
ELSE json_build_object('ok', json_build_object('total', (SELECT count(*) FROM "AgentGraphExecution"
WHERE NOT "isDeleted" AND "userId" = $1 ->> 'user_id' AND "agentGraphId" = $1 ->> 'graph_id'
    -- The lower bound compares rows: the planner takes a plain pair of bounds for a narrow range and picks another index.
    AND ("createdAt", id) >= (coalesce(($1 ->> 'created_from')::timestamp, '-infinity'), '')
    AND "createdAt" <= coalesce(($1 ->> 'created_to')::timestamp, 'infinity')
), 'rows', (SELECT coalesce(json_agg(to_json(shown)), '[]') FROM (
SELECT e.*, CASE WHEN e.used <= runledger.answer_budget($1) THEN runledger.answer_budget($1) ELSE 0 END AS budget
FROM (
SELECT e.*, runledger.bytes_used(runledger.answer_budget($1), 1024,
    e.inputs, e."credentialInputs", e."nodesInputMasks", e.stats)
    OVER (ORDER BY e."createdAt" DESC, e.id DESC) AS used
FROM (
SELECT id, "createdAt" FROM "AgentGraphExecution"
WHERE NOT "isDeleted" AND "userId" = $1 ->> 'user_id' AND "agentGraphId" = $1 ->> 'graph_id'
    -- The lower bound compares rows: the planner takes a plain pair of bounds for a narrow range and picks another index.
    AND ("createdAt", id) >= (coalesce(($1 ->> 'created_from')::timestamp, '-infinity'), '')
    AND "createdAt" <= coalesce(($1 ->> 'created_to')::timestamp, 'infinity')
ORDER BY "createdAt" DESC, id DESC
LIMIT ($1 ->> 'limit')::int OFFSET ($1 ->> 'offset')::bigint) page
CROSS JOIN LATERAL (SELECT * FROM "AgentGraphExecution" e WHERE e.id = page.id LIMIT 1) e
) e
OFFSET 0) e CROSS JOIN LATERAL (
-- The execution `e` as an answer holds it: its values are cut where they are larger than its part of `e.budget`.
SELECT e.id, e."createdAt", e."updatedAt", e."startedAt", e."endedAt", e."executionStatus", e."agentGraphId",
    e."agentGraphVersion", e."agentPresetId", e."userId", e."parentGraphExecutionId", e."isShared", e."shareToken",
    CASE WHEN size.fits THEN e.inputs ELSE runledger.cut_value(e.inputs, e.budget / 4) END AS inputs,
    CASE WHEN size.fits THEN e."credentialInputs"
        ELSE runledger.cut_value(e."credentialInputs", e.budget / 32) END AS "credentialInputs",
    CASE WHEN size.fits THEN e."nodesInputMasks"
        ELSE runledger.cut_value(e."nodesInputMasks", e.budget / 32) END AS "nodesInputMasks",
    CASE WHEN size.fits OR runledger.shown_bytes(e.stats, e.budget / 32) <= e.budget / 32 THEN e.stats END AS stats,
    NOT size.fits AS "isCut"
FROM (
    SELECT runledger.execution_fits(e.budget, e.inputs, e."credentialInputs", e."nodesInputMasks", e.stats) AS fits
    OFFSET 0
) size
) shown))) END::text
