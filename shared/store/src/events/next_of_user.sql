    -- Compared and ordered as a pair, so that only the user's own index will do, however many users there are.
    WHERE event.seq IS NOT NULL
        AND (event.user_id, event.seq) > ($1 ->> 'user_id', step.seq) AND event.user_id <= $1 ->> 'user_id'
        AND ($1 ->> 'graph_id' IS NULL OR event.graph_id = $1 ->> 'graph_id')
        AND ($1 ->> 'graph_exec_id' IS NULL OR event.graph_exec_id = $1 ->> 'graph_exec_id')
    ORDER BY event.user_id, event.seq
