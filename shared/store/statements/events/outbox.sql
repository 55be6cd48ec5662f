-- events/outbox
-- Which outbox this is, and where publishing goes on when Redis does not know: after the event that was last known to be
-- published, but no further back than an hour; a minute, where nothing was ever published.
SELECT json_build_object('ok', json_build_object('id', state.outbox_id, 'published', greatest(published.last_value, (
    SELECT seq FROM runledger.events
    WHERE seq IS NOT NULL AND recorded_at < now() - CASE published.last_value WHEN 0 THEN interval '1 minute' ELSE interval '1 hour' END
    ORDER BY seq DESC
    LIMIT 1))))::text
FROM runledger.event_state AS state CROSS JOIN runledger.event_published AS published
WHERE $1::jsonb IS NOT NULL
