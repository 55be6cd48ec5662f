-- trends/frequent_graphs_of_everybody
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
SELECT json_build_object('ok', coalesce(json_agg(json_build_object('graph_id', graph_id, 'user_id', user_id,
    'execution_count', executions) ORDER BY executions DESC, graph_id, user_id), '[]'))::text
FROM frequent
