-- events/read
-- Events one after the other, each found and put together only when those before it leave room for it.
WITH RECURSIVE step AS (
    SELECT ($1::jsonb ->> 'after')::bigint AS seq, NULL::text AS body, 0 AS place, 0::bigint AS bytes
    UNION ALL
    SELECT next.seq, next.body, step.place + 1, step.bytes + octet_length(next.body)
    FROM step
    CROSS JOIN LATERAL (
        -- In a step of its own, so that one index entry decides before anything else is read: of the events of a user, or of
        -- those of everybody.
        WITH found AS MATERIALIZED (
            (SELECT event.* FROM runledger.events AS event
            -- Compared and ordered as a pair, so that only the user's own index will do, however many users there are.
            WHERE $1 ->> 'user_id' IS NOT NULL AND event.seq IS NOT NULL
                AND (event.user_id, event.seq) > ($1 ->> 'user_id', step.seq) AND event.user_id <= $1 ->> 'user_id'
                AND ($1 ->> 'graph_id' IS NULL OR event.graph_id = $1 ->> 'graph_id')
                AND ($1 ->> 'graph_exec_id' IS NULL OR event.graph_exec_id = $1 ->> 'graph_exec_id')
            ORDER BY event.user_id, event.seq
            LIMIT 1)
            UNION ALL
            (SELECT event.* FROM runledger.events AS event
            WHERE $1 ->> 'user_id' IS NULL AND event.seq IS NOT NULL AND event.seq > step.seq
                AND ($1 ->> 'graph_id' IS NULL OR event.graph_id = $1 ->> 'graph_id')
                AND ($1 ->> 'graph_exec_id' IS NULL OR event.graph_exec_id = $1 ->> 'graph_exec_id')
            ORDER BY event.seq
            LIMIT 1)
        )
        -- One event as JSON text, with what went in and came out as the tables have it now, where the run is still there and its
        -- owner's. What has more than `max_data_bytes` is not put together at all; then `too_large` is how many, or some number
        -- above the limit. (One value may have hundreds of megabytes, and a statement that fails on an event would fail for ever.)
        SELECT event.seq, json_build_object(
            'seq', event.seq, 'user_id', event.user_id, 'graph_id', event.graph_id, 'graph_exec_id', event.graph_exec_id,
            'is_deleted', event.is_deleted,
            'too_large', CASE WHEN size.bytes > ($1 ->> 'max_data_bytes')::bigint THEN size.bytes END,
            'graph', CASE WHEN event.node_exec_id IS NULL AND size.bytes <= ($1 ->> 'max_data_bytes')::bigint THEN
                json_build_object(
                    'execution', json_build_object(
                        'id', event.graph_exec_id, 'user_id', event.user_id, 'graph_id', event.graph_id,
                        'graph_version', event.graph_version, 'preset_id', event.preset_id,
                        'parent_graph_exec_id', event.parent_graph_exec_id, 'status', event.status,
                        'created_at', event.created_at, 'updated_at', event.updated_at, 'started_at', event.started_at,
                        'ended_at', event.ended_at, 'is_shared', event.is_shared, 'share_token', event.share_token),
                    'values', json_build_object('inputs', e.inputs, 'credential_inputs', e."credentialInputs",
                        'nodes_input_masks', e."nodesInputMasks", 'stats', event.stats, 'is_cut', false),
                    'boundary', (
                        SELECT edges FROM runledger.boundary(
                            e.id, e."agentGraphId", e."agentGraphVersion", runledger.answer_budget($1) / 4, false) AS edges)) END,
            'node', CASE WHEN event.node_exec_id IS NOT NULL AND size.bytes <= ($1 ->> 'max_data_bytes')::bigint THEN
                json_build_object('node', json_build_object(
                    'user_id', event.user_id, 'graph_id', event.graph_id, 'graph_version', event.graph_version,
                    'graph_exec_id', event.graph_exec_id, 'id', event.node_exec_id, 'node_id', event.node_id,
                    'block_id', (SELECT "agentBlockId" FROM "AgentNode" WHERE id = event.node_id), 'status', event.status,
                    'add_time', event.created_at, 'queue_time', event.queued_at, 'start_time', event.started_at,
                    'end_time', event.ended_at),
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
            SELECT runledger.bytes_of_event(e.id, n.id, event.stats, ($1 ->> 'max_data_bytes')::bigint)
                + coalesce(octet_length(event.preset_id), 0) AS bytes
            OFFSET 0
        ) AS size
    ) AS next
    WHERE step.place < ($1 ->> 'limit')::int AND step.bytes < ($1 ->> 'max_bytes')::bigint
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
    SELECT seq, place >= ($1 ->> 'limit')::int OR bytes >= ($1 ->> 'max_bytes')::bigint AS is_full
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
