-- runledger: statement by statement
--
-- What the ledger keeps of a run beside the platform's rows is bound to the run and to its owner, and goes with it:
-- docs/decisions/0064-what-is-kept-of-a-run.md.

-- The removal of a run or of a node run: of such an event nothing but the event itself is ever told.
ALTER TABLE runledger.events ADD COLUMN is_removed boolean NOT NULL DEFAULT false;

-- Of which run a remembered answer tells, if of one: whose it was, and when it was made, since an id may come again.
ALTER TABLE runledger.idempotency_keys
    ADD COLUMN graph_exec_id text, ADD COLUMN user_id text, ADD COLUMN exec_created_at timestamp(3);

-- Whose the run was. Null in rows from before this migration, which nothing binds.
ALTER TABLE runledger.queue_entries ADD COLUMN user_id text;
ALTER TABLE runledger.scoring_items ADD COLUMN user_id text, ADD COLUMN exec_created_at timestamp(3);
ALTER TABLE runledger.scores ADD COLUMN user_id text;

-- As before, and it knows of which run an outcome tells: a statement says so in "of", beside "ok". When that run is gone or
-- has another owner, the write is not repeated, and what it answered is not told again: {"missing": true}.
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
            RETURN json_build_object('ok', v_stored.outcome -> 'ok', 'replayed', true);
        END IF;
        -- Pruned between the two statements: the key is free again.
    END LOOP;
END $$;

-- As before, but what a transaction that is not over is removing is left to it, so that it holds up nobody who reads.
-- (Nothing newer of the same run can be committed meanwhile: a removal begins with the locks of all its rows.)
CREATE OR REPLACE FUNCTION runledger.number_events(p_published bigint DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY INVOKER
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    v_state runledger.event_state;
    v_last bigint;
    v_newest bigint;
    v_count integer;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('runledger.number_events', 0));
    -- From here on, everything that was committed while this one waited is seen.
    SELECT * INTO v_state FROM runledger.event_state;
    SELECT last_value INTO v_newest FROM runledger.events_id_seq;

    -- Searches begin behind what is settled, so that they do not meet the old versions of rows that were numbered.
    -- Written seldom, for the sake of the same.
    IF v_newest > v_state.mark_id + 1000 THEN
        IF pg_snapshot_xmin(pg_current_snapshot()) >= v_state.mark_xid AND NOT EXISTS (
            SELECT FROM runledger.events WHERE seq IS NULL AND id > v_state.settled_id AND id <= v_state.mark_id
        ) THEN
            -- Ids are drawn after the transaction has its number. So whoever begins from now on draws higher ones.
            UPDATE runledger.event_state
            SET settled_id = v_state.mark_id, mark_id = v_newest, mark_xid = pg_snapshot_xmax(pg_current_snapshot());
            v_state.settled_id := v_state.mark_id;
        END IF;
    END IF;

    SELECT last_value INTO v_last FROM runledger.event_numbers;
    WITH batch AS MATERIALIZED (
        SELECT id, row_number() OVER (ORDER BY id) AS place
        FROM (
            SELECT id FROM runledger.events
            WHERE seq IS NULL AND id > v_state.settled_id
            ORDER BY id
            LIMIT 10000
            FOR NO KEY UPDATE SKIP LOCKED
        ) AS unnumbered
    )
    UPDATE runledger.events AS event
    SET seq = v_last + batch.place
    FROM batch
    WHERE event.id = batch.id AND event.seq IS NULL;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    IF v_count > 0 THEN
        PERFORM setval('runledger.event_numbers', v_last + v_count);
    END IF;
    IF p_published > (SELECT last_value FROM runledger.event_published) THEN
        PERFORM setval('runledger.event_published', p_published);
    END IF;
    RETURN v_count;
END $$;

-- What the ledger keeps of a run that is removed: its events, but for those that tell of the removal, and the answers
-- that tell of it. The key of an answer stays used. An answer that somebody asks for at this very moment is passed over:
-- it cannot be told any more, and is pruned in its time.
CREATE FUNCTION runledger.forget_execution(p_id text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY INVOKER
SET enable_seqscan = off
AS $$
BEGIN
    DELETE FROM runledger.events WHERE graph_exec_id = p_id AND NOT is_removed;
    WITH remembered AS MATERIALIZED (
        SELECT caller, key FROM runledger.idempotency_keys
        WHERE graph_exec_id = p_id AND outcome IS NOT NULL
        FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE runledger.idempotency_keys AS stored SET outcome = NULL
    FROM remembered
    WHERE stored.caller = remembered.caller AND stored.key = remembered.key;
END $$;

-- Whoever loses a run, because it is removed or becomes another's, is told so, and nothing else of it. What happens to a
-- run while it is hidden is told nobody: its restoration is the next event.
CREATE OR REPLACE FUNCTION runledger.record_execution() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND OLD."userId" <> NEW."userId" THEN
        INSERT INTO runledger.events (user_id, graph_id, graph_version, graph_exec_id, status, is_deleted, is_removed,
            created_at, updated_at, started_at, ended_at, is_shared)
        VALUES (OLD."userId", OLD."agentGraphId", OLD."agentGraphVersion", OLD.id, OLD."executionStatus", true, true,
            OLD."createdAt", OLD."updatedAt", OLD."startedAt", OLD."endedAt", false);
    END IF;
    IF TG_OP = 'DELETE' THEN
        -- Its nodes are gone by now, and whoever wrote to them has ended: nothing is added behind this.
        PERFORM runledger.forget_execution(OLD.id);
        RETURN NULL;
    END IF;
    IF TG_OP = 'INSERT' OR NOT (OLD."isDeleted" AND NEW."isDeleted") THEN
        INSERT INTO runledger.events (user_id, graph_id, graph_version, graph_exec_id, status, is_deleted, created_at,
            updated_at, started_at, ended_at, preset_id, parent_graph_exec_id, is_shared, share_token, stats)
        VALUES (NEW."userId", NEW."agentGraphId", NEW."agentGraphVersion", NEW.id, NEW."executionStatus",
            NEW."isDeleted", NEW."createdAt", NEW."updatedAt", NEW."startedAt", NEW."endedAt",
            NEW."agentPresetId", NEW."parentGraphExecutionId", NEW."isShared", NEW."shareToken", NEW.stats);
    END IF;
    RETURN NULL;
END $$;

-- The nodes are locked in the order of their ids, as whoever moves many of them does, before they are removed in any order.
CREATE OR REPLACE FUNCTION runledger.record_nodes_of_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    INSERT INTO runledger.events (user_id, graph_id, graph_version, graph_exec_id, node_exec_id, node_id, status,
        is_deleted, is_removed, created_at, queued_at, started_at, ended_at)
    SELECT OLD."userId", OLD."agentGraphId", OLD."agentGraphVersion", OLD.id, id, "agentNodeId", "executionStatus",
        true, true, "addedTime", "queuedTime", "startedTime", "endedTime"
    FROM (
        SELECT id, "agentNodeId", "executionStatus", "addedTime", "queuedTime", "startedTime", "endedTime"
        FROM "AgentNodeExecution"
        WHERE "agentGraphExecutionId" = OLD.id
        ORDER BY id
        FOR UPDATE
    ) AS locked;
    RETURN OLD;
END $$;

CREATE OR REPLACE FUNCTION runledger.record_node() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_row "AgentNodeExecution" := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    INSERT INTO runledger.events (user_id, graph_id, graph_version, graph_exec_id, node_exec_id, node_id, status,
        is_deleted, is_removed, created_at, queued_at, started_at, ended_at)
    SELECT "userId", "agentGraphId", "agentGraphVersion", id, v_row.id, v_row."agentNodeId", v_row."executionStatus",
        TG_OP = 'DELETE', TG_OP = 'DELETE', v_row."addedTime", v_row."queuedTime", v_row."startedTime",
        v_row."endedTime"
    FROM "AgentGraphExecution"
    WHERE id = v_row."agentGraphExecutionId" AND NOT "isDeleted";
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION runledger.record_values() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    INSERT INTO runledger.events (user_id, graph_id, graph_version, graph_exec_id, node_exec_id, node_id, status,
        is_deleted, created_at, queued_at, started_at, ended_at)
    SELECT e."userId", e."agentGraphId", e."agentGraphVersion", e.id, n.id, n."agentNodeId", n."executionStatus",
        false, n."addedTime", n."queuedTime", n."startedTime", n."endedTime"
    FROM (
        SELECT "referencedByInputExecId" AS id FROM changed
        UNION
        SELECT "referencedByOutputExecId" FROM changed
    ) AS touched
    JOIN "AgentNodeExecution" n ON n.id = touched.id
    JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId"
    WHERE n.xmin <> pg_current_xact_id()::xid AND NOT e."isDeleted";
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION runledger.record_replicated_value() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_row "AgentNodeExecutionInputOutput" := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    IF current_setting('session_replication_role') <> 'replica' THEN
        RETURN NULL;
    END IF;
    INSERT INTO runledger.events (user_id, graph_id, graph_version, graph_exec_id, node_exec_id, node_id, status,
        is_deleted, created_at, queued_at, started_at, ended_at)
    SELECT e."userId", e."agentGraphId", e."agentGraphVersion", e.id, n.id, n."agentNodeId", n."executionStatus",
        false, n."addedTime", n."queuedTime", n."startedTime", n."endedTime"
    FROM "AgentNodeExecution" n
    JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId"
    WHERE n.id IN (v_row."referencedByInputExecId", v_row."referencedByOutputExecId")
        AND n.xmin <> pg_current_xact_id()::xid AND NOT e."isDeleted";
    RETURN NULL;
END $$;

-- Nothing that was said of a run outlives it; that it was a part of the job stays, since the job counts it.
CREATE OR REPLACE FUNCTION runledger.forget_scoring() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    UPDATE runledger.scoring_items SET summary = NULL, score = NULL, error = NULL WHERE graph_exec_id = OLD.id;
    RETURN NULL;
END $$;

-- Who made a link may have it followed to what was theirs, and not to what becomes another's.
CREATE FUNCTION runledger.end_share_link() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    DELETE FROM runledger.share_ends WHERE execution_id = OLD.id;
    NEW."isShared" := false;
    NEW."shareToken" := NULL;
    NEW."sharedAt" := NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER runledger_end_share_link
BEFORE UPDATE ON "AgentGraphExecution" FOR EACH ROW
WHEN (OLD."userId" <> NEW."userId" AND OLD."shareToken" = NEW."shareToken")
EXECUTE FUNCTION runledger.end_share_link();
ALTER TABLE "AgentGraphExecution" ENABLE ALWAYS TRIGGER runledger_end_share_link;
