-- jobs/prune_queue_entries
-- Reads all of "queue_entries": only runs that wait, or ended this week, have entries.
-- Reads all of "AgentGraphExecution": 5,000 rows that are removed at once are a large part of a table as small as this one.
-- Removes queue entries whose run ended long ago, or is gone; how many.
WITH gone AS (
    DELETE FROM runledger.queue_entries
    WHERE (graph_exec_id, place) IN (
        SELECT entry.graph_exec_id, entry.place
        FROM runledger.queue_entries entry
        LEFT JOIN "AgentGraphExecution" e ON e.id = entry.graph_exec_id
        WHERE e.id IS NULL OR runledger.is_terminal(e."executionStatus")
            AND greatest(entry.added_at AT TIME ZONE 'UTC', coalesce(e."endedAt", e."updatedAt", e."createdAt"))
                < now() AT TIME ZONE 'UTC' - ($1::jsonb ->> 'days')::int * interval '1 day'
        LIMIT ($1::jsonb ->> 'limit')::int
        FOR UPDATE OF entry SKIP LOCKED)
    RETURNING 1
)
SELECT json_build_object('ok', (SELECT count(*) FROM gone))::text
