-- The last event that readers may see.
SELECT json_build_object('ok', greatest((SELECT max(seq) FROM runledger.events WHERE seq IS NOT NULL), pruned_through))::text
FROM runledger.event_state
WHERE $1::jsonb IS NOT NULL
