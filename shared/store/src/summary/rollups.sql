summed AS (
    SELECT sums.*
    FROM part
    -- OFFSET 0: one look into the index for each part, never a join over all rollups.
    CROSS JOIN LATERAL (
        SELECT graph_id, executions, completed, failed, terminated, with_stats, cost, duration
        FROM runledger.execution_rollups rollup
        WHERE rollup.grain = part.grain AND rollup.bucket >= part.lower AND rollup.bucket < part.upper
