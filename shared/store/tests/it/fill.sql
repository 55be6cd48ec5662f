-- Some tens of thousands of runs of a few hundred users, as they come to be: old ones and new ones, running and ended, with
-- their nodes and values, the events of the last week, and what else grows. Nobody else is in this database.
SET synchronous_commit = off;
-- What triggers would derive row by row is filled in below.
ALTER TABLE "AgentGraphExecution" DISABLE TRIGGER USER;
ALTER TABLE "AgentNodeExecution" DISABLE TRIGGER USER;
ALTER TABLE "AgentNodeExecutionInputOutput" DISABLE TRIGGER USER;

INSERT INTO "AgentBlock" (id, name, "inputSchema", "outputSchema")
SELECT 'block-' || n, 'Block' || n, '{}', '{}' FROM generate_series(1, 50) AS n;
INSERT INTO runledger.block_registry (block_id, block_type)
SELECT 'block-' || n, CASE n % 5 WHEN 1 THEN 'INPUT' WHEN 2 THEN 'OUTPUT' ELSE 'STANDARD' END FROM generate_series(1, 50) AS n;

INSERT INTO "AgentGraph" (id, version, name, "userId")
SELECT 'graph-' || n, 1, 'Graph ' || n, 'user-' || n % 300 FROM generate_series(1, 10000) AS n;
INSERT INTO "AgentNode" (id, "agentBlockId", "agentGraphId")
SELECT format('graph-%s-node-%s', graph, node), 'block-' || (graph + node) % 50 + 1, 'graph-' || graph
FROM generate_series(1, 10000) AS graph, generate_series(1, 3) AS node;
INSERT INTO "AgentNodeLink" (id, "agentNodeSourceId", "sourceName", "agentNodeSinkId", "sinkName")
SELECT format('link-%s-%s', graph, node), format('graph-%s-node-%s', graph, node), 'result',
    format('graph-%s-node-%s', graph, node + 1), 'value'
FROM generate_series(1, 10000) AS graph, generate_series(1, 2) AS node;

-- A run every hour or so of the last two years; of the newest some still wait or run.
INSERT INTO "AgentGraphExecution" (id, "createdAt", "startedAt", "endedAt", "isDeleted", "executionStatus", "agentGraphId",
    inputs, "userId", stats, "parentGraphExecutionId", "isShared", "shareToken")
SELECT 'run-' || n, made.at, made.at + interval '1 s', CASE WHEN n > 100 THEN made.at + interval '1 min' END, n % 50 = 0,
    (CASE WHEN n <= 50 THEN 'QUEUED' WHEN n <= 100 THEN 'RUNNING' WHEN n % 10 = 0 THEN 'FAILED' ELSE 'COMPLETED' END)::"AgentExecutionStatus",
    'graph-' || n % 3000 + 1, '{"city": "Ghent"}', 'user-' || n % 300,
    jsonb_build_object('cost', n % 100, 'walltime', 60, 'correctness_score', 0.8, 'activity_status', 'It went well.'),
    CASE WHEN n % 20 = 0 THEN 'run-' || n - 1 END, n % 10 = 0, CASE WHEN n % 10 = 0 THEN 'token-' || n END
FROM generate_series(1, 30000) AS n
CROSS JOIN LATERAL (SELECT now() AT TIME ZONE 'UTC' - n * interval '35 min' AS at) AS made;
INSERT INTO "AgentNodeExecution" (id, "agentGraphExecutionId", "agentNodeId", "executionStatus", "addedTime", "queuedTime",
    "startedTime", "endedTime", stats)
SELECT format('%s-node-%s', e.id, node), e.id, format('%s-node-%s', e."agentGraphId", node), e."executionStatus",
    e."createdAt", e."createdAt", e."startedAt", e."endedAt", '{"walltime": 1}'
FROM "AgentGraphExecution" AS e, generate_series(1, 3) AS node;
INSERT INTO "AgentNodeExecutionInputOutput" (id, name, data, "time", "referencedByInputExecId", "referencedByOutputExecId")
SELECT format('%s-value-%s', n.id, place), 'value', '"a value"', n."addedTime", CASE place WHEN 1 THEN n.id END,
    CASE place WHEN 2 THEN n.id END
FROM "AgentNodeExecution" AS n, generate_series(1, 2) AS place;
INSERT INTO "AgentNodeExecutionKeyValueData" ("userId", key, "agentNodeExecutionId", data)
SELECT 'user-' || n % 300, 'key-' || n, format('run-%s-node-1', n), '1' FROM generate_series(1, 10000) AS n;

ALTER TABLE "AgentGraphExecution" ENABLE TRIGGER USER;
ALTER TABLE "AgentNodeExecution" ENABLE TRIGGER USER;
ALTER TABLE "AgentNodeExecutionInputOutput" ENABLE TRIGGER USER;

INSERT INTO runledger.events (seq, recorded_at, user_id, graph_id, graph_version, graph_exec_id, status, is_deleted, created_at)
SELECT row_number() OVER (ORDER BY "createdAt"), now(), "userId", "agentGraphId", "agentGraphVersion", id, "executionStatus", false,
    "createdAt"
FROM "AgentGraphExecution";
SELECT setval('runledger.event_numbers', (SELECT max(seq) FROM runledger.events));
INSERT INTO runledger.executions_at_work (id)
SELECT id FROM "AgentGraphExecution" WHERE "executionStatus" IN ('QUEUED', 'RUNNING');
INSERT INTO runledger.execution_rollups (user_id, graph_id, grain, bucket, executions, completed, failed, terminated, with_stats,
    cost, duration, scored, score)
SELECT "userId", "agentGraphId", grain, date_trunc(CASE grain WHEN 'd' THEN 'day' ELSE 'month' END, "createdAt"), count(*),
    count(*), 0, 0, count(*), 10, 60, count(*), 0.8
FROM "AgentGraphExecution", unnest('{d,m}'::"char"[]) AS grain
GROUP BY 1, 2, 3, 4;

INSERT INTO runledger.idempotency_keys (caller, key, fingerprint, outcome, created_at)
SELECT 'service:executor', 'key-' || n, '', '{"ok": true}', now() - n * interval '5 s' FROM generate_series(1, 20000) AS n;
INSERT INTO runledger.share_ends (execution_id, share_token, expires_at)
SELECT id, "shareToken", now() + interval '1 day' FROM "AgentGraphExecution" WHERE "shareToken" IS NOT NULL;
INSERT INTO runledger.queue_entries (id, graph_exec_id, node_exec_id, user_id, execution_context)
SELECT 'entry-' || n, 'run-' || n, format('run-%s-node-1', n), 'user-' || n % 300, '{}' FROM generate_series(1, 10000) AS n;

INSERT INTO "UserBalance" ("userId", balance) SELECT 'user-' || n, 100000 FROM generate_series(0, 5000) AS n;
INSERT INTO "CreditTransaction" ("transactionKey", "createdAt", "userId", amount, type, "runningBalance")
SELECT 'transaction-' || n, now() AT TIME ZONE 'UTC' - n * interval '10 min', 'user-' || n % 300, -1, 'USAGE', 1000
FROM generate_series(1, 30000) AS n;
INSERT INTO runledger.credit_holds (id, user_id, amount, created_at, expires_at, ended_at)
SELECT 'hold-' || n, 'user-' || n % 300, 1, now() - interval '2 days', now() + interval '1 day' - n * interval '1 min',
    CASE WHEN n > 500 THEN now() - interval '1 day' END
FROM generate_series(1, 30000) AS n;

INSERT INTO runledger.scoring_jobs (id, status, graph_id, model, provider, batch_size, skip_existing, system_prompt,
    user_prompt, prompt_hash, created_by, total, created_at)
SELECT 'job-' || n, CASE WHEN n <= 3 THEN 'running' ELSE 'completed' END, 'graph-' || n % 1000 + 1, 'gpt-4o-mini', 'openai', 10,
    true, 'Judge.', '{{EXECUTION_DATA}}', '0', 'operator', 5, now() - n * interval '10 min'
FROM generate_series(1, 10000) AS n;
INSERT INTO runledger.scoring_items (job_id, place, graph_exec_id, user_id, outcome, done, summary, score)
SELECT 'job-' || job, place, 'run-' || (job * 5 + place) % 30000 + 1, 'user-1', CASE WHEN job > 3 THEN 'success' END,
    CASE WHEN job > 3 THEN place END, 'It went well.', 0.8
FROM generate_series(1, 10000) AS job, generate_series(1, 5) AS place;
INSERT INTO runledger.scores (graph_exec_id, user_id, job_id, score, summary, model, provider, prompt_hash, latency_ms, tries)
SELECT 'run-' || n, 'user-' || n % 300, 'job-1', 0.8, 'It went well.', 'gpt-4o-mini', 'openai', '0', 100, 1
FROM generate_series(1, 20000) AS n;
INSERT INTO runledger.accuracy_alerts (graph_id, user_id, drop_percent, three_day_avg, seven_day_avg, detected_at, recovered_at)
SELECT 'graph-' || n % 1000 + 1, 'user-' || n % 300, 20, 40, 50, now() - n * interval '1 hour', now() - n * interval '50 min'
FROM generate_series(1, 10000) AS n;
INSERT INTO runledger.request_metrics (route, method, status, requests, seconds, database_round_trips, redis_round_trips, buckets)
SELECT '/route/' || n, 'GET', 200, 1, 1, 1, 1, '{1}' FROM generate_series(1, 100) AS n;

SELECT refresh_store_materialized_views();
