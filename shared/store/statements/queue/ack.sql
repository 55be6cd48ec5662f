-- queue/ack
-- Only under the id of its last taking: who took it before, and lost its lease to another, removes nothing.
WITH done AS (
    DELETE FROM runledger.queue_entries q
    USING "AgentGraphExecution" e
    WHERE e.id = $1::jsonb ->> 'graph_exec_id' AND NOT e."isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR e."userId" = $1 ->> 'user_id')
        AND q.graph_exec_id = e.id AND (q.user_id IS NULL OR q.user_id = e."userId") AND q.id = $1 ->> 'id' AND q.leased_until IS NOT NULL
    RETURNING q.place
)
SELECT coalesce((SELECT json_build_object('ok', place) FROM done), '{"missing": true}')::text
