-- events/read_of_everybody
WITH RECURSIVE step AS (
    SELECT ($1::jsonb ->> 'after')::bigint AS seq, NULL::text AS body, 0 AS place, 0::bigint AS bytes
    UNION ALL
    SELECT next.seq, next.body, step.place + 1, step.bytes + octet_length(next.body)
    FROM step
    CROSS JOIN LATERAL (
WITH found AS MATERIALIZED (
    SELECT event.* FROM runledger.events AS event
    WHERE event.seq IS NOT NULL AND event.seq > step.seq
        AND ($1 ->> 'graph_id' IS NULL OR event.graph_id = $1 ->> 'graph_id')
        AND ($1 ->> 'graph_exec_id' IS NULL OR event.graph_exec_id = $1 ->> 'graph_exec_id')
    ORDER BY event.seq
    LIMIT 1
)
-- One event as JSON text, with what went in and came out as the tables have it now, where the run is still there and its
-- owner's. What has more than `most_data` bytes is not put together at all; then `too_large` is how many, or some number
-- above the limit. (One value may have hundreds of megabytes, and a statement that fails on an event would fail for ever.)
SELECT event.seq, json_build_object(
    'seq', event.seq, 'user_id', event.user_id, 'graph_id', event.graph_id, 'graph_exec_id', event.graph_exec_id,
    'is_deleted', event.is_deleted,
    'too_large', CASE WHEN size.bytes > ($1 ->> 'most_data')::bigint THEN size.bytes END,
    'graph', CASE WHEN event.node_exec_id IS NULL AND size.bytes <= ($1 ->> 'most_data')::bigint THEN
        json_build_object('execution', json_build_object(
            'id', event.graph_exec_id, 'createdAt', event.created_at, 'updatedAt', event.updated_at,
            'startedAt', event.started_at, 'endedAt', event.ended_at, 'executionStatus', event.status,
            'agentGraphId', event.graph_id, 'agentGraphVersion', event.graph_version,
            'agentPresetId', event.preset_id, 'inputs', e.inputs, 'credentialInputs', e."credentialInputs",
            'nodesInputMasks', e."nodesInputMasks", 'userId', event.user_id, 'stats', event.stats,
            'parentGraphExecutionId', event.parent_graph_exec_id, 'isShared', event.is_shared,
            'shareToken', event.share_token),
        'boundary', (
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
        )) END,
    'node', CASE WHEN event.node_exec_id IS NOT NULL AND size.bytes <= ($1 ->> 'most_data')::bigint THEN
        json_build_object(
            'user_id', event.user_id, 'graph_id', event.graph_id, 'graph_version', event.graph_version,
            'graph_exec_id', event.graph_exec_id, 'id', event.node_exec_id, 'node_id', event.node_id,
            'block_id', (SELECT "agentBlockId" FROM "AgentNode" WHERE id = event.node_id), 'status', event.status,
            'add_time', event.created_at, 'queue_time', event.queued_at, 'start_time', event.started_at,
            'end_time', event.ended_at,
            'data', json_build_object(
                'stats', CASE WHEN n.stats ?| ARRAY['cleared_inputs', 'cleared_outputs'] THEN n.stats END,
                'execution_data', n."executionData",
                'inputs', (
                    SELECT coalesce(json_agg(json_build_object('name', io.name, 'data', io.data)
                        ORDER BY io.time, io.id), '[]')
                    FROM "AgentNodeExecutionInputOutput" io
                    WHERE io."referencedByInputExecId" = n.id),
                'outputs', (
                    SELECT coalesce(json_agg(json_build_object('name', io.name, 'data', io.data)
                        ORDER BY io.time, io.id), '[]')
                    FROM "AgentNodeExecutionInputOutput" io
                    WHERE io."referencedByOutputExecId" = n.id))) END
)::text AS body
FROM found AS event
-- What is read now has to be of the run that the event is of, and of its owner then: ids come again, and owners change.
LEFT JOIN "AgentGraphExecution" run ON run.id = event.graph_exec_id AND run."userId" = event.user_id
    AND NOT run."isDeleted" AND NOT event.is_removed
LEFT JOIN "AgentGraphExecution" e ON e.id = run.id AND event.node_exec_id IS NULL AND e."createdAt" = event.created_at
LEFT JOIN "AgentNodeExecution" n ON n.id = event.node_exec_id AND n."agentGraphExecutionId" = run.id
    AND n."addedTime" = event.created_at
-- OFFSET 0: counted once, however often it is asked about.
CROSS JOIN LATERAL (
    SELECT runledger.bytes_of_event(e.id, n.id, event.stats, ($1 ->> 'most_data')::bigint)
        + coalesce(octet_length(event.preset_id), 0) AS bytes
    OFFSET 0
) AS size
    ) AS next
    WHERE step.place < ($1 ->> 'limit')::int AND step.bytes < ($1 ->> 'most_bytes')::bigint
)
SELECT (
    '{"ok": {"events": ['
    || coalesce((SELECT string_agg(body, ',' ORDER BY seq) FROM step WHERE body IS NOT NULL), '')
    -- All that there is has been looked at, unless the batch is full.
    || '], "position": ' || CASE WHEN last.is_full THEN last.seq ELSE greatest(last.seq, newest.seq) END
    || ', "full": ' || last.is_full
    || ', "unnumbered": '
    || ((SELECT id FROM runledger.events WHERE seq IS NULL AND id > state.settled_id ORDER BY id LIMIT 1) IS NOT NULL)
    || ', "pruned_through": ' || state.pruned_through
    || ', "last": ' || newest.seq || '}}'
)
FROM (
    SELECT seq, place >= ($1 ->> 'limit')::int OR bytes >= ($1 ->> 'most_bytes')::bigint AS is_full
    FROM step
    ORDER BY place DESC
    LIMIT 1
) AS last
CROSS JOIN runledger.event_state AS state
-- Ordered, here and above, not max() and EXISTS: how many rows have a number changes all the time, and from what the
-- planner believes it may choose to read them all. There is one index for each order.
CROSS JOIN LATERAL (
    SELECT greatest(state.pruned_through, (
        SELECT seq FROM runledger.events WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1)) AS seq
) AS newest
