,
-- Every frequent graph, and every graph that an alert is open for, whether it is still frequent or not.
watched AS (
    SELECT graph_id, user_id FROM frequent
    UNION
    SELECT graph_id, user_id FROM runledger.accuracy_alerts WHERE recovered_at IS NULL
),
day AS (
    SELECT watched.graph_id, watched.user_id, bucket,
        runledger.shown_number(sum(score) / nullif(sum(scored), 0) * 100) AS daily_score
    FROM watched
    CROSS JOIN LATERAL (
        SELECT bucket, score, scored, completed + failed + terminated AS finished
        FROM runledger.execution_rollups rollup
        WHERE rollup.user_id = watched.user_id AND rollup.graph_id = watched.graph_id AND grain = 'd'
            AND bucket >= (now() AT TIME ZONE 'UTC')::date - ($1::jsonb ->> 'scan_days')::int AND bucket < '10000-01-01'
        OFFSET 0
    ) AS days
    GROUP BY watched.graph_id, watched.user_id, bucket
    HAVING sum(finished) > 0
),
