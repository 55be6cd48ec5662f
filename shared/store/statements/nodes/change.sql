-- nodes/change
-- The row is locked before it is judged, so that the answer to a writer that lost a race names the status that won.
WITH locked AS MATERIALIZED (
    SELECT n.* FROM "AgentNodeExecution" n
    JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId"
    WHERE n.id = $1::jsonb ->> 'id'
        AND ($1 ->> 'user_id' IS NULL OR e."userId" = $1 ->> 'user_id')
    FOR NO KEY UPDATE OF n
),
-- Another status, with the times, data and statistics that go with it, for those that are `locked` and may take it.
changed AS (
    UPDATE "AgentNodeExecution" n
    SET "executionStatus" = ($1 ->> 'status')::"AgentExecutionStatus",
        "queuedTime" = CASE WHEN $1 ->> 'status' = 'QUEUED'
            THEN clock_timestamp() AT TIME ZONE 'UTC' ELSE n."queuedTime" END,
        "startedTime" = CASE WHEN $1 ->> 'status' = 'RUNNING'
            THEN coalesce(n."startedTime", clock_timestamp() AT TIME ZONE 'UTC') ELSE n."startedTime" END,
        "endedTime" = CASE WHEN runledger.is_terminal(($1 ->> 'status')::"AgentExecutionStatus")
            THEN clock_timestamp() AT TIME ZONE 'UTC' END,
        "executionData" = coalesce(nullif(($1 ->> 'execution_data')::jsonb, '{}'), n."executionData"),
        stats = coalesce(($1 ->> 'stats')::jsonb, n.stats)
    FROM locked
    WHERE n.id = locked.id AND $1 -> 'allowed_from' ? locked."executionStatus"::text
    RETURNING n.*
),
-- The node execution as it was left, or as it is where it has that status already or the caller wants it so.
n AS (
    SELECT * FROM changed
    UNION ALL
    SELECT * FROM locked
    WHERE ("executionStatus"::text = $1 ->> 'status' OR ($1 ->> 'or_as_it_is')::boolean)
        AND NOT EXISTS (SELECT FROM changed)
)
SELECT coalesce(
    (SELECT json_build_object('of', n."agentGraphExecutionId", 'ok', json_build_object(
        'node', runledger.node_json(n, e, (
            SELECT node."agentBlockId" FROM "AgentNode" node WHERE node.id = n."agentNodeId")),
        'data', (runledger.add_node_data(
            NULL, runledger.answer_budget($1), 'node', n.id, n.stats, n."executionData")).data))
    FROM n
    JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId"),
    (SELECT json_build_object('illegal_move', json_build_object('current', "executionStatus", 'to', $1 ->> 'status'))
    FROM locked),
    '{"missing": true}')::text
