-- trends/accuracy_of_user
-- The days of a graph with finished executions, each with the mean of its scores in percent. While rollups are not
-- complete the rows themselves are read.
WITH day AS (
    SELECT graph_id, user_id, bucket, runledger.shown_number(sum(score) / nullif(sum(scored), 0) * 100) AS daily_score
    FROM (
        SELECT graph_id, $1::jsonb ->> 'user_id' AS user_id, bucket, completed + failed + terminated AS finished, scored,
            score
        FROM runledger.execution_rollups rollup
        WHERE graph_id = $1 ->> 'graph_id' AND grain = 'd'
            AND bucket >= (now() AT TIME ZONE 'UTC')::date - ($1 ->> 'days_back')::int
            AND NOT EXISTS (SELECT FROM runledger.rollup_backfill)
 AND rollup.user_id = $1 ->> 'user_id'
        UNION ALL
        SELECT graph_id, $1 ->> 'user_id', bucket, finished, scored, score
        FROM runledger.days_without_rollups($1 ->> 'graph_id', $1 ->> 'user_id',
            (now() AT TIME ZONE 'UTC')::date - ($1 ->> 'days_back')::int)
    ) AS sums
    -- A day that RFC 3339 cannot say is none.
    WHERE bucket < '10000-01-01'
    GROUP BY graph_id, user_id, bucket
    HAVING sum(finished) > 0
),
-- Means over the last rows, or over the last days of the calendar. Days without a score are left out of them.
trend AS (
    SELECT graph_id, user_id, bucket, daily_score,
        CASE WHEN by_calendar THEN avg(daily_score) OVER (days RANGE '2 days' PRECEDING)
            ELSE avg(daily_score) OVER (days ROWS 2 PRECEDING) END AS three_day_avg,
        CASE WHEN by_calendar THEN avg(daily_score) OVER (days RANGE '6 days' PRECEDING)
            ELSE avg(daily_score) OVER (days ROWS 6 PRECEDING) END AS seven_day_avg,
        CASE WHEN by_calendar THEN avg(daily_score) OVER (days RANGE '13 days' PRECEDING)
            ELSE avg(daily_score) OVER (days ROWS 13 PRECEDING) END AS fourteen_day_avg
    FROM day
    CROSS JOIN (SELECT coalesce(($1::jsonb ->> 'by_calendar')::boolean, false) AS by_calendar) AS asked
    WINDOW days AS (PARTITION BY graph_id, user_id ORDER BY bucket)
),
-- Rounded far below what anybody sees, so that a drop of exactly a tenth is one.
judged AS (
    SELECT trend.*, runledger.shown_number(
            round((seven_day_avg - three_day_avg) / nullif(seven_day_avg, 0) * 100, 9)) AS drop_percent,
        row_number() OVER (PARTITION BY graph_id, user_id ORDER BY bucket DESC) AS age
    FROM trend
)
SELECT json_build_object('ok', coalesce(json_agg(json_build_object('date', bucket, 'daily_score', daily_score,
    'three_day_avg', three_day_avg, 'seven_day_avg', seven_day_avg, 'fourteen_day_avg', fourteen_day_avg,
    'drop_percent', drop_percent) ORDER BY bucket DESC), '[]'))::text
FROM judged
WHERE age = 1 OR ($1 ->> 'historical')::boolean
