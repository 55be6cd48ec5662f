SELECT json_build_object('ok', coalesce(json_agg(json_build_object('graph_id', graph_id, 'user_id', user_id,
    'execution_count', executions) ORDER BY executions DESC, graph_id, user_id), '[]'))::text
FROM frequent
