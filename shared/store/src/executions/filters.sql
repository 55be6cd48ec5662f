    AND ($1 ->> 'graph_id' IS NULL OR "agentGraphId" = $1 ->> 'graph_id')
    AND ($1 ->> 'graph_version' IS NULL OR "agentGraphVersion" = ($1 ->> 'graph_version')::int)
    AND ($1 ->> 'parent_id' IS NULL OR "parentGraphExecutionId" = $1 ->> 'parent_id')
    AND ($1 -> 'statuses' IS NULL OR $1 -> 'statuses' ? "executionStatus"::text)
