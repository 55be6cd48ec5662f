-- The execution that is shared under a token, with its graph's name. One whose link has ended, was revoked or replaced,
-- or that was deleted is not found, by the same look into the same index. The platform's own links have no end.
WITH e AS (
    SELECT execution.*, nullif(graph.name, '') AS graph_name, graph.description AS graph_description
    FROM "AgentGraphExecution" execution
    LEFT JOIN "AgentGraph" graph
        ON graph.id = execution."agentGraphId" AND graph.version = execution."agentGraphVersion"
    WHERE execution."shareToken" = $1::jsonb ->> 'token' AND execution."isShared" AND NOT execution."isDeleted"
        AND NOT EXISTS (
            SELECT FROM runledger.share_ends ends
            WHERE ends.execution_id = execution.id AND ends.share_token = execution."shareToken"
                AND ends.expires_at <= clock_timestamp())
)
SELECT coalesce(
    (SELECT json_build_object('ok', json_build_object(
        'id', e.id, 'graph_name', left(e.graph_name, 1000), 'graph_description', left(e.graph_description, 10000),
        'status', e."executionStatus", 'created_at', e."createdAt",
        'boundary', (
            SELECT edges FROM runledger.boundary(
                e.id, e."agentGraphId", e."agentGraphVersion", ($1 ->> 'boundary_budget')::bigint, false) AS edges)))
    FROM e),
    '{"missing": true}')::text
