-- kv/get
SELECT coalesce((
    SELECT json_build_object('ok', json_build_object('key', key, 'node_exec_id', "agentNodeExecutionId", 'data', runledger.cut_value(data, runledger.answer_budget($1)),
    'is_cut', runledger.shown_bytes(data, runledger.answer_budget($1)) > runledger.answer_budget($1),
        'created_at', "createdAt", 'updated_at', "updatedAt"))
    FROM "AgentNodeExecutionKeyValueData"
    WHERE "userId" = $1::jsonb ->> 'user_id' AND key = $1 ->> 'key'
), '{"missing": true}')::text
