-- executions/stop
-- TERMINATED: the execution, everything unfinished that it started, and the unfinished nodes of all that are TERMINATED
-- then, also of those that were before. Rows are locked in the
-- order of their ids, so that two stops of one family, or a stop and a batch of nodes, cannot wait for each other.
WITH RECURSIVE family AS (
    SELECT id, "userId" FROM "AgentGraphExecution"
    WHERE id = $1::jsonb ->> 'id' AND NOT "isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id')
    UNION
    SELECT child.id, child."userId"
    FROM "AgentGraphExecution" child
    JOIN family ON child."parentGraphExecutionId" = family.id AND child."userId" = family."userId"
),
locked AS MATERIALIZED (
    SELECT * FROM "AgentGraphExecution"
    WHERE id IN (SELECT id FROM family)
    ORDER BY id
    FOR NO KEY UPDATE
),
current AS (
    SELECT * FROM locked WHERE id = $1 ->> 'id'
),
stopped AS (
    UPDATE "AgentGraphExecution" e
    SET "executionStatus" = 'TERMINATED', "endedAt" = clock_timestamp() AT TIME ZONE 'UTC',
        "updatedAt" = clock_timestamp() AT TIME ZONE 'UTC'
    FROM locked
    WHERE e.id = locked.id AND $1 -> 'allowed_from' ? locked."executionStatus"::text
        AND EXISTS (
            SELECT FROM current
            WHERE "executionStatus" = 'TERMINATED' OR $1 -> 'allowed_from' ? "executionStatus"::text)
    RETURNING e.*
),
locked_nodes AS MATERIALIZED (
    SELECT n.id FROM "AgentNodeExecution" n
    WHERE n."agentGraphExecutionId" IN (
            SELECT id FROM stopped
            UNION ALL
            SELECT locked.id FROM locked JOIN current ON current."executionStatus" = 'TERMINATED'
                OR $1 -> 'allowed_from' ? current."executionStatus"::text
            WHERE locked."executionStatus" = 'TERMINATED')
        AND n."executionStatus" IN ('INCOMPLETE', 'QUEUED', 'RUNNING', 'REVIEW')
    ORDER BY n.id
    FOR NO KEY UPDATE
),
stopped_nodes AS (
    UPDATE "AgentNodeExecution" n
    SET "executionStatus" = 'TERMINATED', "endedTime" = clock_timestamp() AT TIME ZONE 'UTC'
    FROM locked_nodes
    WHERE n.id = locked_nodes.id
),
e AS (
    SELECT * FROM stopped WHERE id = $1 ->> 'id'
    UNION ALL
    SELECT * FROM current WHERE "executionStatus" = 'TERMINATED'
),
refusal AS (
    SELECT json_build_object('illegal_move', json_build_object('current', "executionStatus", 'to', 'TERMINATED'))
        AS outcome
    FROM current
)
SELECT coalesce(
(SELECT json_build_object('of', e.id, 'ok', json_build_object('execution', to_json(shown), 'boundary', (
-- The node executions of `e` whose blocks carry the graph's own inputs and outputs, in queue order, as far as the budget
-- goes. Nodes that are INCOMPLETE do not count, unless this very statement ends them.
SELECT coalesce(json_agg(json_build_object(
    'block_type', edge.block_type, 'data', coalesce((edge.taken).data, '{"cut": true}')) ORDER BY edge.place), '[]')
FROM (
    SELECT registry.block_type, row_number() OVER in_queue AS place, runledger.node_data(
        coalesce(($1 ->> 'boundary_budget')::bigint, runledger.answer_budget($1) / 4),
        'boundary', n.id, n.stats, n."executionData") OVER in_queue AS taken
    FROM "AgentNode" node
    JOIN runledger.block_registry registry ON registry.block_id = node."agentBlockId"
        AND registry.block_type IN ('INPUT', 'OUTPUT', 'WEBHOOK', 'WEBHOOK_MANUAL')
    JOIN "AgentNodeExecution" n ON n."agentGraphExecutionId" = e.id AND n."agentNodeId" = node.id
    WHERE node."agentGraphId" = e."agentGraphId" AND node."agentGraphVersion" = e."agentGraphVersion"
        AND (n."executionStatus" <> 'INCOMPLETE' OR ($1 ->> 'ends_nodes')::boolean)
    WINDOW in_queue AS (
        ORDER BY n."queuedTime" IS NULL, coalesce(n."queuedTime", n."addedTime"), n."addedTime", n.id)
) edge
-- With the first that is left out, which says that something is.
WHERE (edge.taken).bytes
    <= coalesce(($1 ->> 'boundary_budget')::bigint, runledger.answer_budget($1) / 4) + 1
)))
FROM (SELECT *, runledger.answer_budget($1) AS budget FROM e) e CROSS JOIN LATERAL (
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
) shown),
(SELECT outcome FROM refusal),
'{"missing": true}')::text
