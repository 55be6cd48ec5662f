-- The first thousand node executions of `e` in queue order, with their data.
SELECT coalesce(json_agg(json_build_object(
        'id', n.id, 'node_id', n."agentNodeId", 'block_id', node."agentBlockId",
        'status', n."executionStatus",
        'add_time', n."addedTime", 'queue_time', n."queuedTime", 'start_time', n."startedTime",
        'end_time', n."endedTime",
        'data', json_build_object('stats', n.stats, 'execution_data', n."executionData",
            'inputs', (
                SELECT coalesce(json_agg(json_build_object('name', io.name, 'data', io.data)
                    ORDER BY io.time, io.id), '[]')
                FROM "AgentNodeExecutionInputOutput" io
                WHERE io."referencedByInputExecId" = n.id),
            'outputs', (
                SELECT coalesce(json_agg(json_build_object('name', io.name, 'data', io.data)
                    ORDER BY io.time, io.id), '[]')
                FROM "AgentNodeExecutionInputOutput" io
                WHERE io."referencedByOutputExecId" = n.id)))
    ORDER BY n."queuedTime" IS NULL, coalesce(n."queuedTime", n."addedTime"), n."addedTime", n.id), '[]')
FROM (
    SELECT * FROM "AgentNodeExecution"
    WHERE "agentGraphExecutionId" = e.id
    ORDER BY "queuedTime" IS NULL, coalesce("queuedTime", "addedTime"), "addedTime", id
    LIMIT 1000
) n
LEFT JOIN "AgentNode" node ON node.id = n."agentNodeId"
