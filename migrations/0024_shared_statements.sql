-- What several statements have in common, once. All but the last are inlined into the statement that uses them (a test sees
-- to that), and so cost nothing and hide nothing from the planner.

-- Whether a run, or the run of a node, ends with this status.
CREATE FUNCTION runledger.is_terminal(p_status "AgentExecutionStatus") RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT p_status IN ('COMPLETED', 'FAILED', 'TERMINATED') $$;

-- A graph execution without its values, which may be large.
CREATE FUNCTION runledger.execution_json(e "AgentGraphExecution") RETURNS json
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT json_build_object(
        'id', e.id, 'user_id', e."userId", 'graph_id', e."agentGraphId", 'graph_version', e."agentGraphVersion",
        'preset_id', e."agentPresetId", 'parent_graph_exec_id', e."parentGraphExecutionId", 'status', e."executionStatus",
        'created_at', e."createdAt", 'updated_at', e."updatedAt", 'started_at', e."startedAt", 'ended_at', e."endedAt",
        'is_shared', e."isShared", 'share_token', e."shareToken")
$$;

-- The values of a graph execution, cut where they are larger than their part of the budget.
CREATE FUNCTION runledger.execution_values(
    p_budget bigint, p_inputs jsonb, p_credential_inputs jsonb, p_nodes_input_masks jsonb, p_stats jsonb
) RETURNS SETOF json
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
AS $$
    SELECT json_build_object(
        'inputs', CASE WHEN size.fits THEN p_inputs ELSE runledger.cut_value(p_inputs, p_budget / 4) END,
        'credential_inputs', CASE WHEN size.fits THEN p_credential_inputs
            ELSE runledger.cut_value(p_credential_inputs, p_budget / 32) END,
        'nodes_input_masks', CASE WHEN size.fits THEN p_nodes_input_masks
            ELSE runledger.cut_value(p_nodes_input_masks, p_budget / 32) END,
        'stats', CASE WHEN size.fits OR runledger.shown_bytes(p_stats, p_budget / 32) <= p_budget / 32 THEN p_stats END,
        'is_cut', NOT size.fits)
    FROM (
        SELECT runledger.execution_fits(p_budget, p_inputs, p_credential_inputs, p_nodes_input_masks, p_stats) AS fits
        -- Looked at once.
        OFFSET 0
    ) size
$$;

-- The data of the node executions whose blocks carry a graph's own inputs and outputs, in queue order, as far as the
-- budget goes. Nodes that are INCOMPLETE do not count, unless the statement that asks ends them.
CREATE FUNCTION runledger.boundary(
    p_graph_exec_id text, p_graph_id text, p_graph_version integer, p_budget bigint, p_ends_nodes boolean
) RETURNS SETOF json
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
AS $$
    SELECT coalesce(json_agg(json_build_object(
        'block_type', edge.block_type, 'data', coalesce((edge.taken).data, '{"cut": true}')) ORDER BY edge.place), '[]')
    FROM (
        SELECT registry.block_type, row_number() OVER in_queue AS place,
            runledger.node_data(p_budget, 'boundary', n.id, n.stats, n."executionData") OVER in_queue AS taken
        FROM "AgentNode" node
        JOIN runledger.block_registry registry ON registry.block_id = node."agentBlockId"
            AND registry.block_type IN ('INPUT', 'OUTPUT', 'WEBHOOK', 'WEBHOOK_MANUAL')
        JOIN "AgentNodeExecution" n ON n."agentGraphExecutionId" = p_graph_exec_id AND n."agentNodeId" = node.id
        WHERE node."agentGraphId" = p_graph_id AND node."agentGraphVersion" = p_graph_version
            AND (n."executionStatus" <> 'INCOMPLETE' OR p_ends_nodes)
        WINDOW in_queue AS (
            ORDER BY n."queuedTime" IS NULL, coalesce(n."queuedTime", n."addedTime"), n."addedTime", n.id)
    ) edge
    -- With the first that is left out, which says that something is.
    WHERE (edge.taken).bytes <= p_budget + 1
$$;

-- A node execution without its data, which may be large; `e` is its graph execution.
CREATE FUNCTION runledger.node_json(n "AgentNodeExecution", e "AgentGraphExecution", p_block_id text) RETURNS json
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT json_build_object(
        'user_id', e."userId", 'graph_id', e."agentGraphId", 'graph_version', e."agentGraphVersion",
        'graph_exec_id', n."agentGraphExecutionId", 'id', n.id, 'node_id', n."agentNodeId", 'block_id', p_block_id,
        'status', n."executionStatus", 'add_time', n."addedTime", 'queue_time', n."queuedTime",
        'start_time', n."startedTime", 'end_time', n."endedTime")
$$;

-- A scoring job, as the API shows it.
CREATE FUNCTION runledger.scoring_job_json(job runledger.scoring_jobs) RETURNS json
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT json_build_object(
        'id', job.id, 'status', job.status, 'graph_id', job.graph_id, 'graph_version', job.graph_version,
        'user_id', job.user_id, 'created_after', job.created_after, 'model_name', job.model, 'provider', job.provider,
        'batch_size', job.batch_size, 'skip_existing', job.skip_existing, 'prompt_hash', job.prompt_hash,
        'total_executions', job.total, 'processed_executions', job.succeeded + job.failed,
        'successful_analytics', job.succeeded, 'failed_analytics', job.failed, 'skipped_executions', job.skipped,
        'prompt_tokens', job.prompt_tokens, 'completion_tokens', job.completion_tokens, 'cost_usd', job.cost_usd,
        'created_by', job.created_by, 'created_at', job.created_at, 'finished_at', job.finished_at)
$$;

-- What a user has, what is set aside of it (but for one hold), and the time of the user's next transaction. A user without
-- a balance has what its transactions come to, as the platform counts.
CREATE FUNCTION runledger.account(p_user_id text, p_but_hold text)
RETURNS TABLE (balance bigint, held bigint, at timestamp(3))
LANGUAGE sql STABLE ROWS 1
AS $$
    SELECT coalesce(
            (SELECT kept.balance FROM "UserBalance" kept WHERE kept."userId" = p_user_id),
            (SELECT sum(amount) FROM "CreditTransaction" WHERE "userId" = p_user_id AND "isActive"),
            0)::bigint,
        -- The time as the lock finds it, asked once, so that the index leaves out what has run out.
        (SELECT coalesce(sum(amount), 0) FROM runledger.credit_holds
        WHERE user_id = p_user_id AND ended_at IS NULL AND expires_at > (SELECT clock_timestamp())
            AND id IS DISTINCT FROM p_but_hold)::bigint,
        -- One after the other, so that the last one is the last one. One that the platform dated far ahead, or to
        -- infinity, does not take those after it along.
        greatest(clock_timestamp() AT TIME ZONE 'UTC', (
            SELECT max("createdAt") + interval '1 ms' FROM "CreditTransaction"
            WHERE "userId" = p_user_id
                AND "createdAt" < clock_timestamp() AT TIME ZONE 'UTC' + interval '1 day'))::timestamp(3)
$$;

-- The parts of a range of time, `p_to` not included: whole days, hours and minutes ('d', 'h', 'm'), coarsest first, for
-- which rollups say what there was, and what is left at the ends ('r'), less than a minute each, for which only the rows
-- themselves do. So a sum has a cost that does not depend on how much the range holds. While rollups are not complete all
-- of it comes from the rows.
CREATE FUNCTION runledger.parts_of_range(p_from timestamp, p_to timestamp)
RETURNS TABLE (grain "char", lower timestamp, upper timestamp)
LANGUAGE sql STABLE ROWS 4
AS $$
    -- A range within which no whole unit lies is empty and begins where the range of the next finer unit begins.
    WITH minutes AS (
        SELECT CASE WHEN holds_any THEN lower ELSE p_from END AS m0, CASE WHEN holds_any THEN upper ELSE p_from END AS m1
        FROM (
            SELECT date_trunc('minute', p_from + interval '59.999 s') AS lower, date_trunc('minute', p_to) AS upper) AS whole
        CROSS JOIN LATERAL (
            SELECT lower < upper AND NOT EXISTS (SELECT FROM runledger.rollup_backfill) AS holds_any) AS found
    ),
    hours AS (
        SELECT minutes.*, CASE WHEN holds_any THEN lower ELSE m0 END AS h0, CASE WHEN holds_any THEN upper ELSE m0 END AS h1
        FROM minutes
        CROSS JOIN LATERAL (
            SELECT date_trunc('hour', m0 + interval '59 min') AS lower, date_trunc('hour', m1) AS upper) AS whole
        CROSS JOIN LATERAL (SELECT lower < upper AS holds_any) AS found
    ),
    days AS (
        SELECT hours.*, CASE WHEN holds_any THEN lower ELSE h0 END AS d0, CASE WHEN holds_any THEN upper ELSE h0 END AS d1
        FROM hours
        CROSS JOIN LATERAL (
            SELECT date_trunc('day', h0 + interval '23 h') AS lower, date_trunc('day', h1) AS upper) AS whole
        CROSS JOIN LATERAL (SELECT lower < upper AS holds_any) AS found
    )
    SELECT part.grain, part.lower, part.upper
    FROM days
    CROSS JOIN LATERAL (VALUES
        ('d'::"char", d0, d1), ('h', h0, d0), ('h', d1, h1), ('m', m0, h0), ('m', h1, m1), ('r', p_from, m0), ('r', m1, p_to)
    ) AS part (grain, lower, upper)
    WHERE part.lower < part.upper
$$;

-- By how many percent the mean of three days has fallen below that of seven. Rounded far below what anybody sees, so that
-- a drop of exactly a tenth is one.
CREATE FUNCTION runledger.drop_percent(p_three_day_avg numeric, p_seven_day_avg numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT runledger.shown_number(round((p_seven_day_avg - p_three_day_avg) / nullif(p_seven_day_avg, 0) * 100, 9))
$$;

-- What is remembered of a write, in the form in which statements tell of executions and node executions since this file:
-- without their values and data, and these beside them. Programs from before remember the other form, also while they still
-- run beside a new one.
CREATE FUNCTION runledger.outcome_in_parts(p_ok json) RETURNS json
LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
    ok CONSTANT jsonb := p_ok;
BEGIN
    IF (jsonb_typeof(ok) = 'object' AND (
        jsonb_typeof(ok -> 'execution') = 'object' AND ok -> 'execution' ? 'agentGraphId'
        OR jsonb_typeof(ok -> 'node') = 'object' AND ok -> 'node' ? 'data')) IS NOT TRUE
    THEN
        RETURN p_ok;
    END IF;
    RETURN (
    CASE
        WHEN ok ? 'execution' THEN
            ok || jsonb_build_object(
                'execution', jsonb_build_object(
                    'id', ok -> 'execution' -> 'id', 'user_id', ok -> 'execution' -> 'userId',
                    'graph_id', ok -> 'execution' -> 'agentGraphId', 'graph_version', ok -> 'execution' -> 'agentGraphVersion',
                    'preset_id', ok -> 'execution' -> 'agentPresetId',
                    'parent_graph_exec_id', ok -> 'execution' -> 'parentGraphExecutionId',
                    'status', ok -> 'execution' -> 'executionStatus', 'created_at', ok -> 'execution' -> 'createdAt',
                    'updated_at', ok -> 'execution' -> 'updatedAt', 'started_at', ok -> 'execution' -> 'startedAt',
                    'ended_at', ok -> 'execution' -> 'endedAt', 'is_shared', ok -> 'execution' -> 'isShared',
                    'share_token', ok -> 'execution' -> 'shareToken'),
                'values', jsonb_build_object(
                    'inputs', ok -> 'execution' -> 'inputs', 'credential_inputs', ok -> 'execution' -> 'credentialInputs',
                    'nodes_input_masks', ok -> 'execution' -> 'nodesInputMasks', 'stats', ok -> 'execution' -> 'stats',
                    'is_cut', coalesce(ok -> 'execution' -> 'isCut', 'false')))
            || CASE WHEN jsonb_typeof(ok -> 'nodes') = 'array' THEN jsonb_build_object('nodes', (
                SELECT coalesce(jsonb_agg(jsonb_build_object('node', node - 'data', 'data', node -> 'data') ORDER BY place), '[]')
                FROM jsonb_array_elements(ok -> 'nodes') WITH ORDINALITY AS listed (node, place))) ELSE '{}' END
        WHEN ok ? 'leased_until' THEN
            (ok - 'node') || jsonb_build_object(
                'node_execution', jsonb_build_object('node', (ok -> 'node') - 'data', 'data', ok -> 'node' -> 'data'))
        ELSE ok || jsonb_build_object('node', (ok -> 'node') - 'data', 'data', ok -> 'node' -> 'data') END);
END $$;

-- As before, and what is told again has the form of today.
CREATE OR REPLACE FUNCTION runledger.once(
    p_caller text, p_key text, p_fingerprint text, p_statement text, p_args jsonb
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY INVOKER
AS $$
DECLARE
    v_prepared text := 'runledger_once_' || md5(p_statement);
    v_outcome json;
    v_stored runledger.idempotency_keys;
BEGIN
    LOOP
        -- A duplicate waits here, on the primary key, for the first attempt to commit or to give up.
        INSERT INTO runledger.idempotency_keys AS stored (caller, key, fingerprint)
        VALUES (p_caller, p_key, p_fingerprint)
        ON CONFLICT ON CONSTRAINT idempotency_keys_pkey DO UPDATE
            SET fingerprint = excluded.fingerprint, outcome = NULL, created_at = excluded.created_at,
                graph_exec_id = NULL, user_id = NULL, exec_created_at = NULL
            WHERE stored.created_at < now() - interval '24 hours';

        IF FOUND THEN
            IF NOT EXISTS (SELECT FROM pg_prepared_statements WHERE name = v_prepared) THEN
                EXECUTE format('PREPARE %I (jsonb) AS %s', v_prepared, p_statement);
            END IF;
            EXECUTE format('EXECUTE %I (%L)', v_prepared, p_args) INTO STRICT v_outcome;
            IF v_outcome ->> 'ok' IS NULL THEN
                DELETE FROM runledger.idempotency_keys WHERE caller = p_caller AND key = p_key;
                RETURN v_outcome;
            END IF;
            v_stored.graph_exec_id := v_outcome ->> 'of';
            IF v_stored.graph_exec_id IS NOT NULL THEN
                SELECT "userId", "createdAt" INTO v_stored.user_id, v_stored.exec_created_at
                FROM "AgentGraphExecution" WHERE id = v_stored.graph_exec_id;
            END IF;
            UPDATE runledger.idempotency_keys
            SET outcome = v_outcome, graph_exec_id = v_stored.graph_exec_id, user_id = v_stored.user_id,
                exec_created_at = v_stored.exec_created_at
            WHERE caller = p_caller AND key = p_key;
            RETURN v_outcome;
        END IF;

        SELECT * INTO v_stored FROM runledger.idempotency_keys WHERE caller = p_caller AND key = p_key;
        IF FOUND THEN
            IF v_stored.fingerprint <> p_fingerprint THEN
                RETURN json_build_object('idempotency_mismatch', true);
            END IF;
            IF v_stored.outcome IS NULL OR v_stored.graph_exec_id IS NOT NULL AND NOT EXISTS (
                SELECT FROM "AgentGraphExecution"
                WHERE id = v_stored.graph_exec_id AND "userId" = v_stored.user_id
                    AND "createdAt" = v_stored.exec_created_at
            ) THEN
                RETURN json_build_object('missing', true);
            END IF;
            RETURN json_build_object('ok', runledger.outcome_in_parts(v_stored.outcome -> 'ok'), 'replayed', true);
        END IF;
        -- Pruned between the two statements: the key is free again.
    END LOOP;
END $$;
