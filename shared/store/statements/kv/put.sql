-- kv/put
INSERT INTO "AgentNodeExecutionKeyValueData" ("userId", key, "agentNodeExecutionId", data, "createdAt", "updatedAt")
SELECT $1::jsonb ->> 'user_id', $1 ->> 'key', $1 ->> 'node_exec_id', ($1 ->> 'data')::jsonb,
    clock_timestamp() AT TIME ZONE 'UTC', clock_timestamp() AT TIME ZONE 'UTC'
ON CONFLICT ("userId", key) DO UPDATE
    SET "agentNodeExecutionId" = excluded."agentNodeExecutionId", data = excluded.data,
        "updatedAt" = excluded."updatedAt"
RETURNING json_build_object('ok', json_build_object('key', key, 'node_exec_id', "agentNodeExecutionId", 'data', runledger.cut_value(data, runledger.answer_budget($1)),
    'is_cut', runledger.shown_bytes(data, runledger.answer_budget($1)) > runledger.answer_budget($1),
    'created_at', "createdAt", 'updated_at', "updatedAt"))::text
