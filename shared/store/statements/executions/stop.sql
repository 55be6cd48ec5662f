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
)
SELECT coalesce(
    (SELECT json_build_object('of', e.id, 'ok', json_build_object(
        'execution', runledger.execution_json(e),
        'values', (
            SELECT shown FROM runledger.execution_values(runledger.answer_budget($1),
                e.inputs, e."credentialInputs", e."nodesInputMasks", e.stats) AS shown),
        'boundary', (
            SELECT edges FROM runledger.boundary(
                e.id, e."agentGraphId", e."agentGraphVersion", runledger.answer_budget($1) / 4, true) AS edges)))
    FROM e),
    (SELECT json_build_object('illegal_move', json_build_object('current', "executionStatus", 'to', 'TERMINATED'))
    FROM current),
    '{"missing": true}')::text
