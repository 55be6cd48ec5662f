-- One event as JSON text, with what went in and came out as the tables have it now, where the run is still there and its
-- owner's. What has more than `most_data` bytes is not put together at all; then `too_large` is how many, or some number
-- above the limit. (One value may have hundreds of megabytes, and a statement that fails on an event would fail for ever.)
SELECT event.seq, json_build_object(
    'seq', event.seq, 'user_id', event.user_id, 'graph_id', event.graph_id, 'graph_exec_id', event.graph_exec_id,
    'is_deleted', event.is_deleted,
    'too_large', CASE WHEN size.bytes > ($1 ->> 'most_data')::bigint THEN size.bytes END,
    'graph', CASE WHEN event.node_exec_id IS NULL AND size.bytes <= ($1 ->> 'most_data')::bigint THEN
        json_build_object('execution', json_build_object(
            'id', event.graph_exec_id, 'createdAt', event.created_at, 'updatedAt', event.updated_at,
            'startedAt', event.started_at, 'endedAt', event.ended_at, 'executionStatus', event.status,
            'agentGraphId', event.graph_id, 'agentGraphVersion', event.graph_version,
            'agentPresetId', event.preset_id, 'inputs', e.inputs, 'credentialInputs', e."credentialInputs",
            'nodesInputMasks', e."nodesInputMasks", 'userId', event.user_id, 'stats', event.stats,
            'parentGraphExecutionId', event.parent_graph_exec_id, 'isShared', event.is_shared,
            'shareToken', event.share_token),
        'boundary', (
