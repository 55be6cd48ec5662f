-- Which outbox this is, and where publishing goes on when Redis does not know: after the event that was last known to be
-- published, but no further back than an hour.
SELECT json_build_object('ok', json_build_object('id', state.outbox_id, 'published', greatest(published.last_value, (
    SELECT seq FROM runledger.events
    WHERE seq IS NOT NULL AND recorded_at < now() - interval '1 hour'
    ORDER BY seq DESC
    LIMIT 1))))::text
FROM runledger.event_state AS state CROSS JOIN runledger.event_published AS published
WHERE $1::jsonb IS NOT NULL
