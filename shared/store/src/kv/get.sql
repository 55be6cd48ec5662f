SELECT coalesce((
    SELECT json_build_object('ok', json_build_object('key', key, 'node_exec_id', "agentNodeExecutionId", 'data', data,
        'created_at', "createdAt", 'updated_at', "updatedAt"))
    FROM "AgentNodeExecutionKeyValueData"
    WHERE "userId" = $1::jsonb ->> 'user_id' AND key = $1 ->> 'key'
), '{"missing": true}')::text
