    WHERE event.seq IS NOT NULL AND event.seq > step.seq
        AND ($1 ->> 'graph_id' IS NULL OR event.graph_id = $1 ->> 'graph_id')
        AND ($1 ->> 'graph_exec_id' IS NULL OR event.graph_exec_id = $1 ->> 'graph_exec_id')
    ORDER BY event.seq
