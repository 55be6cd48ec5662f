SELECT n.*, e."userId", e."agentGraphId", e."agentGraphVersion" FROM "AgentNodeExecution" n
WHERE n."agentGraphExecutionId" = e.id
ORDER BY n."addedTime" DESC, n.id DESC
LIMIT ($1 ->> 'nodes')::int
