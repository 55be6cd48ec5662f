-- What runs came to over time, in steps of whole minutes, hours or days, from the rollups. A step without runs is not told.
SELECT json_build_object('ok', json_build_object(
    'is_partial', EXISTS (SELECT FROM runledger.rollup_backfill),
    'steps', coalesce(json_agg(json_build_object(
        'at', (extract(epoch FROM step) * 1000)::bigint, 'executions', executions, 'completed', completed, 'failed', failed,
        'terminated', terminated, 'with_stats', with_stats, 'cost', runledger.shown_number(cost),
        'duration', runledger.shown_number(duration), 'scored', scored, 'score', runledger.shown_number(score))
        ORDER BY step), '[]')))::text
FROM (
    SELECT date_bin(($1::jsonb ->> 'step')::bigint * interval '1 ms', rollup.bucket, timestamp '2000-01-03') AS step,
        sum(executions) AS executions, sum(completed) AS completed, sum(failed) AS failed, sum(terminated) AS terminated,
        sum(with_stats) AS with_stats, sum(cost) AS cost, sum(duration) AS duration, sum(scored) AS scored,
        sum(score) AS score
    FROM runledger.execution_rollups rollup
    WHERE rollup.bucket >= ($1 ->> 'from')::timestamp AND rollup.bucket < ($1 ->> 'to')::timestamp
        -- and the filter
    GROUP BY 1
    HAVING sum(executions) <> 0
) AS stepped
