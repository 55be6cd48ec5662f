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
