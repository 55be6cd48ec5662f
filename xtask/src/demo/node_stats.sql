-- The statistics of node executions that were imported.
UPDATE "AgentNodeExecution" AS node
SET stats = told.stats
FROM jsonb_to_recordset($1::text::jsonb) AS told (execution text, node text, started timestamp(3), stats jsonb)
WHERE node."agentGraphExecutionId" = told.execution AND node."agentNodeId" = told.node
    AND node."startedTime" = told.started
