    AND ($1 ->> 'node_id' IS NULL OR n."agentNodeId" = $1 ->> 'node_id')
    AND ($1 -> 'block_ids' IS NULL OR EXISTS (
        SELECT FROM "AgentNode" node
        WHERE node.id = n."agentNodeId" AND $1 -> 'block_ids' ? node."agentBlockId"))
    AND ($1 -> 'statuses' IS NULL OR $1 -> 'statuses' ? n."executionStatus"::text)
    -- As in the lists of executions: the lower bound compares rows, so that the planner does not expect a narrow range.
    AND (n."addedTime", n.id) >= (coalesce(($1 ->> 'created_from')::timestamp, '-infinity'), '')
    AND n."addedTime" <= coalesce(($1 ->> 'created_to')::timestamp, 'infinity')
    AND (n."addedTime", n.id) < (coalesce(($1 ->> 'before_time')::timestamp, 'infinity'),
        coalesce($1 ->> 'before_id', (SELECT max(id) || '0' FROM "AgentNodeExecution")))
