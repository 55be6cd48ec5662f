-- Opens alerts for the graphs whose accuracy falls, as the trend of their last days shows it, and ends those of graphs that
-- recovered.
WITH part AS (
    SELECT * FROM runledger.parts_of_range(
        ($1::jsonb ->> 'from')::timestamp(3), ($1 ->> 'to')::timestamp(3) + interval '1 ms')
),
-- Which user's graphs finished how often in the time asked for.
finished AS (
    SELECT sums.*
    FROM part
    CROSS JOIN LATERAL (
        SELECT graph_id, user_id, completed + failed + terminated AS executions
        FROM runledger.execution_rollups rollup
        WHERE rollup.grain = part.grain AND rollup.bucket >= part.lower AND rollup.bucket < part.upper
            AND ($1 ->> 'user_id' IS NULL OR rollup.user_id = $1 ->> 'user_id')
        OFFSET 0
    ) AS sums
    WHERE part.grain <> 'r'
    UNION ALL
    SELECT graph_id, user_id, executions
    FROM part
    CROSS JOIN LATERAL runledger.finished_rows($1 ->> 'user_id', part.lower, part.upper)
    WHERE part.grain = 'r'
),
frequent AS (
    SELECT graph_id, user_id, sum(executions) AS executions
    FROM finished
    GROUP BY graph_id, user_id
    HAVING sum(executions) >= ($1 ->> 'min_executions')::int
),
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
            AND bucket >= (now() AT TIME ZONE 'UTC')::date - ($1 ->> 'scan_days')::int AND bucket < '10000-01-01'
        OFFSET 0
    ) AS days
    GROUP BY watched.graph_id, watched.user_id, bucket
    HAVING sum(finished) > 0
),
-- Means over the last rows. Days without a score are left out of them.
trend AS (
    SELECT graph_id, user_id, avg(daily_score) OVER (days ROWS 2 PRECEDING) AS three_day_avg,
        avg(daily_score) OVER (days ROWS 6 PRECEDING) AS seven_day_avg,
        row_number() OVER (PARTITION BY graph_id, user_id ORDER BY bucket DESC) AS age
    FROM day
    WINDOW days AS (PARTITION BY graph_id, user_id ORDER BY bucket)
),
latest AS (
    SELECT graph_id, user_id, drop_percent, three_day_avg, seven_day_avg
    FROM trend
    CROSS JOIN LATERAL (SELECT runledger.drop_percent(three_day_avg, seven_day_avg) AS drop_percent) AS judged
    WHERE age = 1 AND drop_percent IS NOT NULL AND NOT EXISTS (SELECT FROM runledger.rollup_backfill)
),
-- An alert that is open stays the same one.
raised AS (
    INSERT INTO runledger.accuracy_alerts AS alert (graph_id, user_id, drop_percent, three_day_avg, seven_day_avg)
    SELECT graph_id, user_id, drop_percent, three_day_avg, seven_day_avg
    FROM latest
    WHERE drop_percent >= ($1 ->> 'threshold')::numeric
    ON CONFLICT (graph_id, user_id) WHERE recovered_at IS NULL DO UPDATE
        SET drop_percent = excluded.drop_percent, three_day_avg = excluded.three_day_avg,
            seven_day_avg = excluded.seven_day_avg, updated_at = now()
    RETURNING detected_at = now() AS is_new
),
recovered AS (
    UPDATE runledger.accuracy_alerts alert
    SET recovered_at = now(), updated_at = now()
    FROM latest
    WHERE alert.recovered_at IS NULL AND alert.graph_id = latest.graph_id AND alert.user_id = latest.user_id
        AND latest.drop_percent < ($1 ->> 'threshold')::numeric
    RETURNING 1
)
SELECT json_build_object('ok', json_build_object(
    'scanned', (SELECT count(*) FROM watched), 'opened', (SELECT count(*) FROM raised WHERE is_new),
    'recovered', (SELECT count(*) FROM recovered)))::text
