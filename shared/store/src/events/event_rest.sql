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
