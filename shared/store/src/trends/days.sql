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
