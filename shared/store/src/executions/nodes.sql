    -- In queue order, the newest of `e`: those that the list of its nodes begins with.
    ORDER BY n."queuedTime" IS NULL, coalesce(n."queuedTime", n."addedTime"), n."addedTime", n.id), '[]')
FROM (
    SELECT n.*, e."userId", e."agentGraphId", e."agentGraphVersion" FROM "AgentNodeExecution" n
    WHERE n."agentGraphExecutionId" = e.id
    ORDER BY n."addedTime" DESC, n.id DESC
    LIMIT ($1 ->> 'nodes')::int
) n
