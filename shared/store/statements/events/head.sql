-- events/head
-- The last event that readers may see.
SELECT json_build_object('ok', greatest(pruned_through, (
    SELECT seq FROM runledger.events WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1)))::text
FROM runledger.event_state
WHERE $1::jsonb IS NOT NULL
