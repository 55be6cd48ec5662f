-- monitors/accuracy
-- The days of a graph with finished executions, each with the mean of its scores in percent; the means over the last rows, or
-- over the last days of the calendar, from which days without a score are left out; and how far they fell. While rollups are
-- not complete the rows themselves are read.
WITH day AS (
    SELECT bucket, runledger.shown_number(sum(score) / nullif(sum(scored), 0) * 100) AS daily_score
    FROM (
        SELECT bucket, completed + failed + terminated AS finished, scored, score
        FROM runledger.execution_rollups rollup
        WHERE $1::jsonb ->> 'user_id' IS NOT NULL AND user_id = $1 ->> 'user_id'
            AND graph_id = $1 ->> 'graph_id' AND grain = 'd'
            AND bucket >= (now() AT TIME ZONE 'UTC')::date - ($1 ->> 'days_back')::int
            AND NOT EXISTS (SELECT FROM runledger.rollup_backfill)
        UNION ALL
        SELECT bucket, completed + failed + terminated, scored, score
        FROM runledger.execution_rollups rollup
        WHERE $1 ->> 'user_id' IS NULL AND graph_id = $1 ->> 'graph_id' AND grain = 'd'
            AND bucket >= (now() AT TIME ZONE 'UTC')::date - ($1 ->> 'days_back')::int
            AND NOT EXISTS (SELECT FROM runledger.rollup_backfill)
        UNION ALL
        SELECT bucket, finished, scored, score
        FROM runledger.days_without_rollups($1 ->> 'graph_id', $1 ->> 'user_id',
            (now() AT TIME ZONE 'UTC')::date - ($1 ->> 'days_back')::int)
    ) AS sums
    -- A day that RFC 3339 cannot say is none.
    WHERE bucket < '10000-01-01'
    GROUP BY bucket
    HAVING sum(finished) > 0
),
trend AS (
    SELECT bucket, daily_score,
        CASE WHEN by_calendar THEN avg(daily_score) OVER (days RANGE '2 days' PRECEDING)
            ELSE avg(daily_score) OVER (days ROWS 2 PRECEDING) END AS three_day_avg,
        CASE WHEN by_calendar THEN avg(daily_score) OVER (days RANGE '6 days' PRECEDING)
            ELSE avg(daily_score) OVER (days ROWS 6 PRECEDING) END AS seven_day_avg,
        CASE WHEN by_calendar THEN avg(daily_score) OVER (days RANGE '13 days' PRECEDING)
            ELSE avg(daily_score) OVER (days ROWS 13 PRECEDING) END AS fourteen_day_avg
    FROM day
    CROSS JOIN (SELECT ($1 ->> 'by_calendar')::boolean AS by_calendar) AS asked
    WINDOW days AS (ORDER BY bucket)
)
SELECT json_build_object('ok', coalesce(json_agg(json_build_object('date', bucket, 'daily_score', daily_score,
    'three_day_avg', three_day_avg, 'seven_day_avg', seven_day_avg, 'fourteen_day_avg', fourteen_day_avg,
    'drop_percent', runledger.drop_percent(three_day_avg, seven_day_avg)) ORDER BY bucket DESC), '[]'))::text
FROM trend
WHERE ($1 ->> 'historical')::boolean OR bucket = (SELECT max(bucket) FROM day)
