-- The oldest entry that nobody has, under a new id and for as long as the lease says. What others are taking at this
-- moment is passed over; what they have taken meanwhile no longer fits once it is locked.
WITH e AS (
    SELECT * FROM "AgentGraphExecution"
    WHERE id = $1::jsonb ->> 'graph_exec_id' AND NOT "isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR "userId" = $1 ->> 'user_id')
),
next AS MATERIALIZED (
    SELECT waiting.graph_exec_id, waiting.place FROM runledger.queue_entries waiting
    WHERE waiting.graph_exec_id = (SELECT id FROM e)
        AND (waiting.user_id IS NULL OR waiting.user_id = (SELECT "userId" FROM e))
        AND (waiting.leased_until IS NULL OR waiting.leased_until <= clock_timestamp())
    ORDER BY waiting.place
    LIMIT 1
    FOR UPDATE SKIP LOCKED
),
entry AS (
    UPDATE runledger.queue_entries taken
    SET id = $1 ->> 'id',
        leased_until = clock_timestamp() + ($1 ->> 'lease_seconds')::int * interval '1 second'
    FROM next
    WHERE taken.graph_exec_id = next.graph_exec_id AND taken.place = next.place
    RETURNING taken.*
),
refusal AS (SELECT '{"nothing": true}'::json AS outcome FROM e)
