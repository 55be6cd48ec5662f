-- The outbox of changes. Triggers fill it in the transaction of the change, whoever makes it: the ledger, the platform,
-- psql. Why rows get their number only afterwards: docs/decisions/0045-events-are-numbered-after-their-commit.md.

-- One row for each change of a graph execution or (`node_exec_id` is set) of a node execution: how it stood then. What
-- went in and came out is not copied; whoever delivers an event takes it from the tables as they are.
CREATE TABLE runledger.events (
    -- In the order in which the changes were made; of two transactions the later one to commit may have the lower id.
    id bigint GENERATED ALWAYS AS IDENTITY,
    -- In the order in which readers may see them. Null until a reader has had it numbered.
    seq bigint,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    user_id text NOT NULL,
    graph_id text NOT NULL,
    graph_version integer NOT NULL,
    graph_exec_id text NOT NULL,
    node_exec_id text,
    node_id text,
    status text NOT NULL,
    is_deleted boolean NOT NULL,
    -- Of a node execution: when it was added.
    created_at timestamp(3) NOT NULL,
    updated_at timestamp(3),
    queued_at timestamp(3),
    started_at timestamp(3),
    ended_at timestamp(3),
    -- The rest is of graph executions only.
    preset_id text,
    parent_graph_exec_id text,
    is_shared boolean,
    share_token text,
    stats jsonb
)
-- Every row is rewritten once, when it is numbered, and its old version is passed over by every search until then.
WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_insert_scale_factor = 0.1);

-- All that a writer maintains.
CREATE INDEX events_unnumbered ON runledger.events (id) WHERE seq IS NULL;
CREATE UNIQUE INDEX events_seq ON runledger.events (seq) WHERE seq IS NOT NULL;
CREATE INDEX events_of_user ON runledger.events (user_id, seq) WHERE seq IS NOT NULL;

-- How many events have a number changes all the time, from none to all, and what the planner has sampled of it is always
-- old: it then sorts all events to find the last one. Without a sample it takes most for numbered and few for not, which
-- is how a reader finds them, and uses the index that is there for the purpose.
ALTER TABLE runledger.events ALTER COLUMN seq SET STATISTICS 0;

-- The last number that was given. Not the sequence's own counting: numbers are given by the row, in order, under a lock.
CREATE SEQUENCE runledger.event_numbers MINVALUE 0 START 0;
-- The last event that was published on Redis, as far as anybody has said. A sequence, since it changes with every
-- publication, and a row that changes so often leaves a trail of dead versions.
CREATE SEQUENCE runledger.event_published MINVALUE 0 START 0;

-- What is known of the outbox; one row.
CREATE TABLE runledger.event_state (
    is_the_one boolean PRIMARY KEY DEFAULT true CHECK (is_the_one),
    -- Which outbox this is: what Redis remembers of another one is not about this one.
    outbox_id text NOT NULL DEFAULT gen_random_uuid(),
    -- Events up to this number are no longer kept.
    pruned_through bigint NOT NULL DEFAULT 0,
    -- No event with an id up to this one is unnumbered, and none will come.
    settled_id bigint NOT NULL DEFAULT 0,
    -- When all transactions before this one have ended, the same holds for this id.
    mark_xid xid8 NOT NULL DEFAULT '0',
    mark_id bigint NOT NULL DEFAULT 0
);
INSERT INTO runledger.event_state DEFAULT VALUES;

-- Gives numbers to events that have none: at most ten thousand, in the order of their ids, to those that are committed
-- by now. A transaction that commits later gets later numbers, so a reader who has seen a number has seen all before it.
-- Returns how many there were. To be called in a transaction of its own, which is short whatever the caller does.
--
-- `p_published` is what the caller knows to be published; it is remembered.
--
-- How many rows have no number changes all the time, from all to none, and what the planner believes is always old. So it
-- is left no choice but the indexes.
CREATE FUNCTION runledger.number_events(p_published bigint DEFAULT NULL) RETURNS integer
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

-- Removes events that are older than `p_keep`: at most `p_limit`. Returns how many. A reader who asks for one of them is
-- told of the gap.
CREATE FUNCTION runledger.prune_events(p_keep interval, p_limit integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY INVOKER
AS $$
DECLARE
    v_through bigint;
    v_count integer;
BEGIN
    -- Numbers are given in about the order of time, so the old ones are the low ones.
    SELECT max(seq) INTO v_through
    FROM (SELECT seq, recorded_at FROM runledger.events WHERE seq IS NOT NULL ORDER BY seq LIMIT p_limit) AS oldest
    WHERE recorded_at < now() - p_keep;
    IF v_through IS NULL THEN
        RETURN 0;
    END IF;
    UPDATE runledger.event_state SET pruned_through = greatest(pruned_through, v_through);
    DELETE FROM runledger.events WHERE seq <= v_through;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END $$;

-- The triggers' functions run as their owner, so that every writer of the platform's tables may record, and with the
-- search path of this migration, so that they find the platform's tables whatever path the writer has.

CREATE FUNCTION runledger.record_execution() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_row "AgentGraphExecution" := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    INSERT INTO runledger.events (user_id, graph_id, graph_version, graph_exec_id, status, is_deleted, created_at,
        updated_at, started_at, ended_at, preset_id, parent_graph_exec_id, is_shared, share_token, stats)
    VALUES (v_row."userId", v_row."agentGraphId", v_row."agentGraphVersion", v_row.id, v_row."executionStatus",
        v_row."isDeleted" OR TG_OP = 'DELETE', v_row."createdAt", v_row."updatedAt", v_row."startedAt", v_row."endedAt",
        v_row."agentPresetId", v_row."parentGraphExecutionId", v_row."isShared", v_row."shareToken", v_row.stats);
    RETURN NULL;
END $$;

-- An execution that is about to be deleted takes its nodes with it. When their own trigger fires it is gone, and with it
-- whose they were; so they are recorded first.
CREATE FUNCTION runledger.record_nodes_of_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    INSERT INTO runledger.events (user_id, graph_id, graph_version, graph_exec_id, node_exec_id, node_id, status,
        is_deleted, created_at, queued_at, started_at, ended_at)
    SELECT OLD."userId", OLD."agentGraphId", OLD."agentGraphVersion", OLD.id, id, "agentNodeId", "executionStatus",
        true, "addedTime", "queuedTime", "startedTime", "endedTime"
    FROM "AgentNodeExecution"
    WHERE "agentGraphExecutionId" = OLD.id;
    RETURN OLD;
END $$;

CREATE FUNCTION runledger.record_node() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_row "AgentNodeExecution" := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    INSERT INTO runledger.events (user_id, graph_id, graph_version, graph_exec_id, node_exec_id, node_id, status,
        is_deleted, created_at, queued_at, started_at, ended_at)
    SELECT "userId", "agentGraphId", "agentGraphVersion", id, v_row.id, v_row."agentNodeId", v_row."executionStatus",
        "isDeleted" OR TG_OP = 'DELETE', v_row."addedTime", v_row."queuedTime", v_row."startedTime", v_row."endedTime"
    FROM "AgentGraphExecution"
    WHERE id = v_row."agentGraphExecutionId";
    RETURN NULL;
END $$;

-- Inputs and outputs that change on their own. A node execution whose own row was written by this transaction has its
-- event already, and one is enough: what it delivers is read when all of this is committed.
CREATE FUNCTION runledger.record_values() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    INSERT INTO runledger.events (user_id, graph_id, graph_version, graph_exec_id, node_exec_id, node_id, status,
        is_deleted, created_at, queued_at, started_at, ended_at)
    SELECT e."userId", e."agentGraphId", e."agentGraphVersion", e.id, n.id, n."agentNodeId", n."executionStatus",
        e."isDeleted", n."addedTime", n."queuedTime", n."startedTime", n."endedTime"
    FROM (
        SELECT "referencedByInputExecId" AS id FROM changed
        UNION
        SELECT "referencedByOutputExecId" FROM changed
    ) AS touched
    JOIN "AgentNodeExecution" n ON n.id = touched.id
    JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId"
    WHERE n.xmin <> pg_current_xact_id()::xid;
    RETURN NULL;
END $$;

CREATE TRIGGER runledger_events_insert
AFTER INSERT ON "AgentGraphExecution" FOR EACH ROW EXECUTE FUNCTION runledger.record_execution();

-- What a reader cannot see ("updatedAt" on its own) is no event. The cheap comparisons come first.
CREATE TRIGGER runledger_events_update
AFTER UPDATE ON "AgentGraphExecution" FOR EACH ROW
WHEN (OLD."executionStatus" <> NEW."executionStatus"
      OR OLD."isDeleted" <> NEW."isDeleted"
      OR OLD."startedAt" IS DISTINCT FROM NEW."startedAt"
      OR OLD."endedAt" IS DISTINCT FROM NEW."endedAt"
      OR OLD."isShared" <> NEW."isShared"
      OR OLD."shareToken" IS DISTINCT FROM NEW."shareToken"
      OR OLD."userId" <> NEW."userId"
      OR OLD."agentGraphId" <> NEW."agentGraphId"
      OR OLD."agentGraphVersion" <> NEW."agentGraphVersion"
      OR OLD."createdAt" <> NEW."createdAt"
      OR OLD."agentPresetId" IS DISTINCT FROM NEW."agentPresetId"
      OR OLD."parentGraphExecutionId" IS DISTINCT FROM NEW."parentGraphExecutionId"
      OR OLD.stats IS DISTINCT FROM NEW.stats
      OR OLD."credentialInputs" IS DISTINCT FROM NEW."credentialInputs"
      OR OLD."nodesInputMasks" IS DISTINCT FROM NEW."nodesInputMasks"
      OR OLD.inputs IS DISTINCT FROM NEW.inputs)
EXECUTE FUNCTION runledger.record_execution();

CREATE TRIGGER runledger_events_nodes_of_deleted
BEFORE DELETE ON "AgentGraphExecution" FOR EACH ROW EXECUTE FUNCTION runledger.record_nodes_of_deleted();

CREATE TRIGGER runledger_events_delete
AFTER DELETE ON "AgentGraphExecution" FOR EACH ROW EXECUTE FUNCTION runledger.record_execution();

-- Without conditions: `record_values` relies on every written node having its event.
CREATE TRIGGER runledger_events
AFTER INSERT OR UPDATE OR DELETE ON "AgentNodeExecution" FOR EACH ROW EXECUTE FUNCTION runledger.record_node();

CREATE TRIGGER runledger_events_insert
AFTER INSERT ON "AgentNodeExecutionInputOutput" REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION runledger.record_values();

CREATE TRIGGER runledger_events_update
AFTER UPDATE ON "AgentNodeExecutionInputOutput" REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION runledger.record_values();

CREATE TRIGGER runledger_events_delete
AFTER DELETE ON "AgentNodeExecutionInputOutput" REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION runledger.record_values();
