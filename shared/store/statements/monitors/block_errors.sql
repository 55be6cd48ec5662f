-- monitors/block_errors
-- How often the nodes of each block ran and failed, by the time at which they were added.
WITH ran AS MATERIALIZED (
    SELECT "agentNodeId" AS node_id, count(*) AS total, count(*) FILTER (WHERE "executionStatus" = 'FAILED') AS failed
    FROM "AgentNodeExecution" node_execution
    WHERE "addedTime" BETWEEN ($1::jsonb ->> 'from')::timestamp(3) AND ($1 ->> 'to')::timestamp(3)
        AND ($1 ->> 'user_id' IS NULL OR EXISTS (
            SELECT FROM "AgentGraphExecution" execution
            WHERE execution.id = node_execution."agentGraphExecutionId" AND execution."userId" = $1 ->> 'user_id'))
    GROUP BY "agentNodeId"
),
block AS (
    SELECT node."agentBlockId" AS block_id, sum(total) AS total, sum(failed) AS failed,
        sum(failed) / sum(total) * 100 AS error_rate
    FROM ran
    JOIN "AgentNode" node ON node.id = ran.node_id
    GROUP BY node."agentBlockId"
    HAVING sum(total) >= ($1 ->> 'min_executions')::int
        AND sum(failed) / sum(total) * 100 >= coalesce(($1 ->> 'min_error_rate')::numeric, 0)
)
SELECT json_build_object('ok', coalesce(json_agg(json_build_object('block_id', block_id, 'block_name', known.name,
    'total_executions', total, 'failed_executions', failed, 'error_rate', error_rate)
    ORDER BY error_rate DESC, total DESC, block_id), '[]'))::text
FROM block
LEFT JOIN "AgentBlock" known ON known.id = block_id
