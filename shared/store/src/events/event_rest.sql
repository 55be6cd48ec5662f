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
                    WHERE io."referencedByInputExecId" = event.node_exec_id),
                'outputs', (
                    SELECT coalesce(json_agg(json_build_object('name', io.name, 'data', io.data)
                        ORDER BY io.time, io.id), '[]')
                    FROM "AgentNodeExecutionInputOutput" io
                    WHERE io."referencedByOutputExecId" = event.node_exec_id))) END
)::text AS body
FROM found AS event
LEFT JOIN "AgentGraphExecution" e ON e.id = event.graph_exec_id AND event.node_exec_id IS NULL
LEFT JOIN "AgentNodeExecution" n ON n.id = event.node_exec_id
-- OFFSET 0: counted once, however often it is asked about.
CROSS JOIN LATERAL (
    SELECT runledger.bytes_of_event(e.id, n.id, event.stats, ($1 ->> 'most_data')::bigint)
        + coalesce(octet_length(event.preset_id), 0) AS bytes
    OFFSET 0
) AS size
