-- A run that was deleted and can be restored.
SELECT coalesce(
    (SELECT json_build_object('ok', json_build_object('id', run.id, 'status', run."executionStatus",
        'created_at', run."createdAt", 'graph_id', run."agentGraphId", 'graph_name', (
            SELECT left(nullif(name, ''), 200) FROM "AgentGraph"
            WHERE id = run."agentGraphId" ORDER BY version DESC LIMIT 1)))
    FROM "AgentGraphExecution" run
    WHERE run.id = $1::jsonb ->> 'run_id' AND run."isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR run."userId" = $1 ->> 'user_id')),
    '{"missing": true}')::text
