-- The last of those, if more come after it.
SELECT json_build_object('add_time', place."addedTime", 'id', place.id)
FROM (
    SELECT n."addedTime", n.id, lead(n.id) OVER (ORDER BY n."addedTime" DESC, n.id DESC) AS next_id
    FROM "AgentNodeExecution" n
    WHERE n."agentGraphExecutionId" = e.id
    ORDER BY n."addedTime" DESC, n.id DESC
    LIMIT 1 OFFSET ($1 ->> 'nodes')::int - 1
) place
WHERE place.next_id IS NOT NULL
