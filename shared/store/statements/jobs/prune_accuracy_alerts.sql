-- jobs/prune_accuracy_alerts
-- Reads all of "accuracy_alerts": there is one for each fall of a graph's accuracy, for a year.
-- Forgets alerts of graphs that recovered long ago, the oldest first; how many.
WITH gone AS (
    DELETE FROM runledger.accuracy_alerts
    WHERE id IN (
        SELECT id FROM runledger.accuracy_alerts
        WHERE recovered_at < now() - ($1::jsonb ->> 'days')::int * interval '1 day'
        ORDER BY recovered_at
        LIMIT ($1 ->> 'limit')::int
        FOR UPDATE SKIP LOCKED)
    RETURNING 1
)
SELECT json_build_object('ok', (SELECT count(*) FROM gone))::text
