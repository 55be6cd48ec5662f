-- summary/summary_of_user
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
summed AS (
    SELECT sums.*
    FROM part
    -- OFFSET 0: one look into the index for each part, never a join over all rollups.
    CROSS JOIN LATERAL (
        SELECT graph_id, executions, completed, failed, terminated, with_stats, cost, duration
        FROM runledger.execution_rollups rollup
        WHERE rollup.grain = part.grain AND rollup.bucket >= part.lower AND rollup.bucket < part.upper
 AND rollup.user_id = $1 ->> 'user_id'
        OFFSET 0
    ) AS sums
    UNION ALL
    SELECT graph_id, (sums).executions, (sums).completed, (sums).failed, (sums).terminated, (sums).with_stats,
        (sums).cost, (sums).duration
    FROM ragged
    CROSS JOIN LATERAL runledger.sums_of_rows($1 ->> 'user_id', ragged.lower, ragged.upper)
),
graph AS (
    SELECT graph_id, sum(executions) AS executions, sum(completed) AS completed, sum(failed) AS failed,
        sum(terminated) AS terminated, sum(with_stats) AS with_stats, sum(cost) AS cost, sum(duration) AS duration
    FROM summed
    GROUP BY graph_id
    HAVING sum(executions) <> 0
),
-- The newest version's name. Which of the graphs that ran most ran last decides between them. (Rollups have the collation
-- "C": without a word the platform's indexes, which have another, are not used.)
named AS (
    SELECT graph.*, coalesce(nullif(newest.name, ''), 'Agent ' || left(graph_id, 8)) AS name, last_run
    FROM graph
    LEFT JOIN LATERAL (
        SELECT name FROM "AgentGraph" WHERE id = graph_id COLLATE "default" ORDER BY version DESC LIMIT 1) AS newest ON true
    LEFT JOIN LATERAL (
        SELECT e."createdAt" AS last_run
        FROM "AgentGraphExecution" e
        WHERE e."agentGraphId" = graph_id COLLATE "default" AND NOT e."isDeleted"
            AND e."createdAt" BETWEEN ($1 ->> 'from')::timestamp(3) AND ($1 ->> 'to')::timestamp(3)
            AND graph.executions = (SELECT max(executions) FROM graph)
 AND e."userId" = $1 ->> 'user_id'
        ORDER BY e."createdAt" DESC LIMIT 1) AS latest ON true
)
SELECT json_build_object('ok', json_build_object(
    'executions', coalesce(sum(executions), 0), 'completed', coalesce(sum(completed), 0),
    'failed', coalesce(sum(failed), 0), 'terminated', coalesce(sum(terminated), 0),
    'with_stats', coalesce(sum(with_stats), 0), 'cost', coalesce(sum(cost), 0),
    -- What is beyond a double is shown as nearly the largest one.
    'duration', least(greatest(coalesce(sum(duration), 0), -1.7e308), 1.7e308),
    'average', least(greatest(coalesce(sum(duration) / nullif(sum(with_stats), 0), 0), -1.7e308), 1.7e308),
    'agents', coalesce(json_agg(json_build_object('graph_id', graph_id, 'name', name, 'executions', executions,
        'with_stats', with_stats, 'cost', cost)
        ORDER BY executions DESC, last_run DESC NULLS LAST, graph_id), '[]')))::text
FROM named
