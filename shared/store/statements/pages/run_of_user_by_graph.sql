-- pages/run_of_user_by_graph
-- A run with what its page tells around it: the graph's name, its parent and the first of its children, the runs beside it
-- in the list that its reader came from, every score, and what changed when.
-- A run of many nodes has so many events that only some are looked at: then its own times have to do.
WITH run AS (
    SELECT * FROM "AgentGraphExecution"
    WHERE id = $1::jsonb ->> 'run_id' AND NOT "isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id')
)
SELECT coalesce(
    (SELECT json_build_object('ok', json_build_object(
        'run', json_build_object(
            'execution', runledger.execution_json(run),
            'values', (
                SELECT shown FROM runledger.execution_values(($1 ->> 'values_budget')::bigint,
                    run.inputs, run."credentialInputs", run."nodesInputMasks", run.stats) AS shown),
            'boundary', (
                SELECT coalesce(json_agg(json_build_object('block_type', edge.block_type, 'data',
                    coalesce(CASE WHEN edge.nth <= ($1 ->> 'edges')::int THEN (edge.taken).data END, '{"cut": true}'))
                    ORDER BY edge.place), '[]')
                FROM (
                    SELECT edge.block_type, edge.nth, row_number() OVER in_queue AS place,
                        runledger.node_data(($1 ->> 'boundary_budget')::bigint, 'boundary', edge.id, edge.stats,
                            edge."executionData") OVER in_queue AS taken
                    FROM (
                        SELECT registry.block_type, n.*
                        FROM "AgentNode" node
                        JOIN runledger.block_registry registry ON registry.block_id = node."agentBlockId"
                            AND registry.block_type IN ('INPUT', 'OUTPUT', 'WEBHOOK', 'WEBHOOK_MANUAL')
                        -- A node may have run a hundred thousand times, of which a page shows a few.
                        CROSS JOIN LATERAL (
                            SELECT n.*, row_number() OVER () AS nth
                            FROM (
                                SELECT id, stats, "executionData", "queuedTime", "addedTime"
                                FROM "AgentNodeExecution"
                                WHERE "agentGraphExecutionId" = run.id AND "agentNodeId" = node.id
                                    AND "executionStatus" <> 'INCOMPLETE'
                                LIMIT ($1 ->> 'edges')::int + 1
                            ) AS n
                        ) AS n
                        WHERE node."agentGraphId" = run."agentGraphId" AND node."agentGraphVersion" = run."agentGraphVersion"
                    ) AS edge
                    WINDOW in_queue AS (ORDER BY edge."queuedTime" IS NULL, coalesce(edge."queuedTime", edge."addedTime"),
                        edge."addedTime", edge.id)
                ) AS edge
                -- With the first that is left out, which says that something is.
                WHERE (edge.taken).bytes <= ($1 ->> 'boundary_budget')::bigint + 1)),
        'graph_name', (
            SELECT left(nullif(name, ''), 200) FROM "AgentGraph"
            WHERE id = run."agentGraphId" ORDER BY version DESC LIMIT 1),
        'shared_at', run."sharedAt",
        'share_expires_at', (
            SELECT expires_at FROM runledger.share_ends
            WHERE execution_id = run.id AND share_token = run."shareToken"),
        'parent', (
            SELECT json_build_object('id', parent.id, 'status', parent."executionStatus",
                'created_at', parent."createdAt", 'graph_id', parent."agentGraphId", 'graph_name', (
                    SELECT left(nullif(name, ''), 200) FROM "AgentGraph"
                    WHERE id = parent."agentGraphId" ORDER BY version DESC LIMIT 1))
            FROM "AgentGraphExecution" parent
            WHERE parent.id = run."parentGraphExecutionId" AND NOT parent."isDeleted"
                AND parent."userId" = run."userId"),
        'children', (
            SELECT coalesce(json_agg(json_build_object('id', child.id, 'status', child."executionStatus",
                'created_at', child."createdAt", 'graph_id', child."agentGraphId", 'graph_name', (
                    SELECT left(nullif(name, ''), 200) FROM "AgentGraph"
                    WHERE id = child."agentGraphId" ORDER BY version DESC LIMIT 1))
                ORDER BY child."createdAt" DESC, child.id DESC), '[]')
            FROM (
                SELECT id, "executionStatus", "createdAt", "agentGraphId"
                FROM "AgentGraphExecution"
                WHERE "parentGraphExecutionId" = run.id AND NOT "isDeleted" AND "userId" = run."userId"
                ORDER BY "createdAt" DESC, id DESC
                LIMIT ($1 ->> 'children')::int
            ) AS child),
        'newer', (
            SELECT e.id FROM "AgentGraphExecution" e
            WHERE NOT e."isDeleted" AND (e."createdAt", e.id) > (run."createdAt", run.id)
                AND e."userId" = $1 ->> 'user_id'
                AND e."agentGraphId" = $1 ->> 'graph_id'
                AND (e."createdAt", e.id) >= (coalesce(($1 ->> 'created_from')::timestamp, '-infinity'), '')
            ORDER BY e."createdAt", e.id
            LIMIT 1),
        'older', (
            SELECT e.id FROM "AgentGraphExecution" e
            WHERE NOT e."isDeleted" AND (e."createdAt", e.id) < (run."createdAt", run.id)
                AND e."userId" = $1 ->> 'user_id'
                AND e."agentGraphId" = $1 ->> 'graph_id'
                AND (e."createdAt", e.id) >= (coalesce(($1 ->> 'created_from')::timestamp, '-infinity'), '')
            ORDER BY e."createdAt" DESC, e.id DESC
            LIMIT 1),
        'scores', (
            SELECT coalesce(json_agg(json_build_object(
                'score', score, 'summary_text', left(summary, 2000), 'model_name', model, 'provider', provider,
                'prompt_hash', prompt_hash, 'prompt_tokens', prompt_tokens, 'completion_tokens', completion_tokens,
                'latency_ms', latency_ms, 'tries', tries, 'job_id', job_id, 'created_at', created_at)
                ORDER BY id DESC), '[]')
            FROM (
                SELECT * FROM runledger.scores
                WHERE graph_exec_id = run.id AND (user_id IS NULL OR user_id = run."userId")
                ORDER BY id DESC
                LIMIT ($1 ->> 'scores')::int
            ) AS given),
        'changes', (
            SELECT json_build_object(
                'are_all', max(looked_at) <= ($1 ->> 'looks_at')::int,
                'rows', coalesce(json_agg(json_build_object('at', recorded_at, 'node_exec_id', node_exec_id,
                    'node_id', node_id, 'status', status, 'is_deleted', is_deleted, 'is_shared', is_shared,
                    'score', CASE WHEN node_exec_id IS NULL AND jsonb_typeof(stats -> 'correctness_score') = 'number'
                        THEN stats -> 'correctness_score' END)
                    ORDER BY id DESC), '[]'))
            FROM (
                SELECT *, count(*) OVER () AS looked_at
                FROM (
                    SELECT event.id, event.recorded_at, event.node_exec_id, event.node_id, event.status, event.is_deleted,
                        event.is_shared, event.stats
                    FROM runledger.events AS event
                    WHERE event.graph_exec_id = run.id AND event.user_id = run."userId" AND NOT event.is_removed
                    LIMIT ($1 ->> 'looks_at')::int + 1
                ) AS looked
                ORDER BY id DESC
                LIMIT ($1 ->> 'changes')::int
            ) AS change)))
    FROM run),
    '{"missing": true}')::text
