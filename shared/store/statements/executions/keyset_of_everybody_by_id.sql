-- executions/keyset_of_everybody_by_id
SELECT CASE WHEN ($1::jsonb ->> 'parent_required')::boolean AND NOT EXISTS (
    SELECT FROM "AgentGraphExecution"
    WHERE id = $1 ->> 'parent_id' AND NOT "isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id'))
THEN '{"missing": true}'::json
ELSE json_build_object('ok', (SELECT json_build_object('rows', coalesce(json_agg(to_json(shown)) FILTER (WHERE e.budget > 0), '[]'), 'ends_early', coalesce(bool_or(e.budget = 0), false)) FROM (
SELECT e.*, CASE WHEN e.used <= runledger.answer_budget($1) THEN runledger.answer_budget($1) ELSE 0 END AS budget
FROM (
SELECT e.*, runledger.bytes_used(runledger.answer_budget($1), 1024,
    e.inputs, e."credentialInputs", e."nodesInputMasks", e.stats)
    OVER (ORDER BY e."createdAt" DESC, e.id DESC) AS used
FROM (
SELECT * FROM "AgentGraphExecution"
WHERE NOT "isDeleted" AND id = $1 ->> 'id'
    AND ($1 ->> 'graph_id' IS NULL OR "agentGraphId" = $1 ->> 'graph_id')
    AND ($1 ->> 'graph_version' IS NULL OR "agentGraphVersion" = ($1 ->> 'graph_version')::int)
    AND ($1 ->> 'parent_id' IS NULL OR "parentGraphExecutionId" = $1 ->> 'parent_id')
    AND ($1 -> 'statuses' IS NULL OR $1 -> 'statuses' ? "executionStatus"::text)
    -- The lower bound compares rows: the planner takes a plain pair of bounds for a narrow range and picks another index.
    AND ("createdAt", id) >= (coalesce(($1 ->> 'created_from')::timestamp, '-infinity'), '')
    AND "createdAt" <= coalesce(($1 ->> 'created_to')::timestamp, 'infinity')
    AND ("createdAt", id) < (coalesce(($1 ->> 'before_time')::timestamp, 'infinity'), coalesce($1 ->> 'before_id', (SELECT max(id) || '0' FROM "AgentGraphExecution")))
ORDER BY "createdAt" DESC, id DESC
LIMIT ($1 ->> 'limit')::int) e
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
) shown)) END::text
