SELECT coalesce((
    SELECT json_build_object('ok', (
        SELECT count(*) FROM runledger.queue_entries waiting
        WHERE waiting.graph_exec_id = e.id AND (waiting.user_id IS NULL OR waiting.user_id = e."userId")
            AND (waiting.leased_until IS NULL OR waiting.leased_until <= clock_timestamp())))
    FROM "AgentGraphExecution" e
    WHERE e.id = $1::jsonb ->> 'graph_exec_id' AND NOT e."isDeleted"
        AND ($1 ->> 'user_id' IS NULL OR e."userId" = $1 ->> 'user_id')
), '{"missing": true}')::text
