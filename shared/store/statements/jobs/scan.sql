-- jobs/scan
-- Sums of executions over a range of time, both ends included. Whole days, hours and minutes within it come from the
-- rollups, coarsest first; what is left at the ends, less than a minute each, from the rows themselves. So the cost has
-- a bound that does not depend on how many executions the range holds.
WITH asked AS (
    SELECT ($1::jsonb ->> 'from')::timestamp(3) AS from_, ($1 ->> 'to')::timestamp(3) + interval '1 ms' AS to_,
        EXISTS (SELECT FROM runledger.rollup_backfill) AS incomplete
),
-- A range within which no whole unit lies is empty and begins where the range of the next finer unit begins.
minutes AS (
    SELECT from_, to_, CASE WHEN holds_any THEN lower ELSE from_ END AS m0, CASE WHEN holds_any THEN upper ELSE from_ END AS m1
    FROM asked
    CROSS JOIN LATERAL (
        SELECT date_trunc('minute', from_ + interval '59.999 s') AS lower, date_trunc('minute', to_) AS upper) AS whole
    -- Rollups that are not complete yet are of no use: all of the range comes from the rows.
    CROSS JOIN LATERAL (SELECT lower < upper AND NOT incomplete AS holds_any) AS found
),
hours AS (
    SELECT minutes.*, CASE WHEN holds_any THEN lower ELSE m0 END AS h0, CASE WHEN holds_any THEN upper ELSE m0 END AS h1
    FROM minutes
    CROSS JOIN LATERAL (
        SELECT date_trunc('hour', m0 + interval '59 min') AS lower, date_trunc('hour', m1) AS upper) AS whole
    CROSS JOIN LATERAL (SELECT lower < upper AS holds_any) AS found
),
days AS (
    SELECT hours.*, CASE WHEN holds_any THEN lower ELSE h0 END AS d0, CASE WHEN holds_any THEN upper ELSE h0 END AS d1
    FROM hours
    CROSS JOIN LATERAL (
        SELECT date_trunc('day', h0 + interval '23 h') AS lower, date_trunc('day', h1) AS upper) AS whole
    CROSS JOIN LATERAL (SELECT lower < upper AS holds_any) AS found
),
part AS (
    SELECT parts.*
    FROM days
    CROSS JOIN LATERAL (VALUES
        ('d'::"char", d0, d1), ('h', h0, d0), ('h', d1, h1), ('m', m0, h0), ('m', h1, m1)
    ) AS parts (grain, lower, upper)
    WHERE lower < upper
),
ragged AS (
    SELECT ends.*
    FROM minutes
    CROSS JOIN LATERAL (VALUES (from_, m0), (m1, to_)) AS ends (lower, upper)
    WHERE lower < upper
),
-- Which user's graphs finished how often in the time asked for, summed up as summaries are.
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
    UNION ALL
    SELECT graph_id, user_id, executions
    FROM ragged
    CROSS JOIN LATERAL runledger.finished_rows($1 ->> 'user_id', ragged.lower, ragged.upper)
),
frequent AS (
    SELECT graph_id, user_id, sum(executions) AS executions
    FROM finished
    GROUP BY graph_id, user_id
    HAVING sum(executions) >= ($1 ->> 'min_executions')::int
)
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
,
latest AS (
    SELECT graph_id, user_id, drop_percent, three_day_avg, seven_day_avg
    FROM judged
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
