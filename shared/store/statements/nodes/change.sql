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
        "endedTime" = CASE WHEN $1 ->> 'status' IN ('COMPLETED', 'FAILED', 'TERMINATED')
            THEN clock_timestamp() AT TIME ZONE 'UTC' END,
        "executionData" = coalesce(nullif(($1 ->> 'execution_data')::jsonb, '{}'), n."executionData"),
        stats = coalesce(($1 ->> 'stats')::jsonb, n.stats)
    FROM locked
    WHERE n.id = locked.id AND $1 -> 'allowed_from' ? locked."executionStatus"::text
    RETURNING n.*
)
,
-- The node execution as it was left, or as it is where it has that status already or the caller wants it so.
n AS (
    SELECT * FROM changed
    UNION ALL
    SELECT * FROM locked
    WHERE ("executionStatus"::text = $1 ->> 'status' OR ($1 ->> 'or_as_it_is')::boolean)
        AND NOT EXISTS (SELECT FROM changed)
),
refusal AS (
    SELECT json_build_object('illegal_move', json_build_object('current', "executionStatus", 'to', $1 ->> 'status'))
        AS outcome
    FROM locked
)
SELECT coalesce(
(SELECT json_build_object('of', n."agentGraphExecutionId", 'ok', json_build_object('node',
-- The node execution `n`, which has its graph execution's owner, graph and version beside its own columns, and in `taken`
-- its data as far as the budget goes.
json_build_object(
    'user_id', n."userId", 'graph_id', n."agentGraphId", 'graph_version', n."agentGraphVersion",
    'graph_exec_id', n."agentGraphExecutionId", 'id', n.id, 'node_id', n."agentNodeId",
    'block_id', (SELECT node."agentBlockId" FROM "AgentNode" node WHERE node.id = n."agentNodeId"),
    'status', n."executionStatus", 'add_time', n."addedTime", 'queue_time', n."queuedTime",
    'start_time', n."startedTime", 'end_time', n."endedTime",
    'data', (n.taken).data)
))
FROM (SELECT n.*, e."userId", e."agentGraphId", e."agentGraphVersion", runledger.add_node_data(
        NULL, runledger.answer_budget($1), 'node', n.id, n.stats, n."executionData") AS taken
    FROM n
    JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId") n),
(SELECT outcome FROM refusal),
'{"missing": true}')::text
