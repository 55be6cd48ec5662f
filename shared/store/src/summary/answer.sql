        ORDER BY e."createdAt" DESC LIMIT 1) AS latest ON true
)
SELECT json_build_object('ok', json_build_object(
    'executions', coalesce(sum(executions), 0), 'completed', coalesce(sum(completed), 0),
    'failed', coalesce(sum(failed), 0), 'terminated', coalesce(sum(terminated), 0),
    'with_stats', coalesce(sum(with_stats), 0), 'cost', coalesce(sum(cost), 0),
    -- What is beyond a double is shown as nearly the largest one.
    'duration', least(greatest(coalesce(sum(duration), 0), -1.7e308), 1.7e308),
    'average', least(greatest(coalesce(sum(duration) / nullif(sum(with_stats), 0), 0), -1.7e308), 1.7e308),
    'agents', coalesce(json_agg(json_build_object('graph_id', graph_id, 'name', name, 'executions', executions,
        'with_stats', with_stats, 'cost', cost)
        ORDER BY executions DESC, last_run DESC NULLS LAST, graph_id), '[]')))::text
FROM named
