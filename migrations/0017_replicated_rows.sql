-- runledger: statement by statement
--
-- Rows that replication brings, or whoever else sets session_replication_role = replica, count as all others do. Then
-- only triggers fire that say ALWAYS or REPLICA, and of a replicated change only those for each row, and no cascades.
-- When to have it otherwise: docs/decisions/0063-triggers-under-replication.md.

-- What is for each row already fires always.
ALTER TABLE "AgentGraphExecution" ENABLE ALWAYS TRIGGER runledger_insert_ended_at;
ALTER TABLE "AgentGraphExecution" ENABLE ALWAYS TRIGGER runledger_update_ended_at;
ALTER TABLE "AgentGraphExecution" ENABLE ALWAYS TRIGGER runledger_events_insert;
ALTER TABLE "AgentGraphExecution" ENABLE ALWAYS TRIGGER runledger_events_update;
ALTER TABLE "AgentGraphExecution" ENABLE ALWAYS TRIGGER runledger_events_nodes_of_deleted;
ALTER TABLE "AgentGraphExecution" ENABLE ALWAYS TRIGGER runledger_events_delete;
ALTER TABLE "AgentGraphExecution" ENABLE ALWAYS TRIGGER runledger_forget_scoring;
ALTER TABLE "AgentGraphExecution" ENABLE ALWAYS TRIGGER runledger_clear_rollups;
ALTER TABLE "AgentNodeExecution" ENABLE ALWAYS TRIGGER runledger_insert_ended_time;
ALTER TABLE "AgentNodeExecution" ENABLE ALWAYS TRIGGER runledger_update_ended_time;
ALTER TABLE "AgentNodeExecution" ENABLE ALWAYS TRIGGER runledger_events;

-- What is for each statement has a twin for each row, that fires only under replication.
CREATE OR REPLACE FUNCTION runledger.roll_up_row(
    p_sign integer, p_user_id text, p_graph_id text, p_created_at timestamp, p_status text, p_stats jsonb
) RETURNS void LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_sums runledger.rollup_sums := runledger.rollup_sums_of(p_sign, p_status, p_stats);
BEGIN
    PERFORM runledger.add_to_rollup(p_user_id, p_graph_id, 'm', date_trunc('minute', p_created_at), v_sums);
    PERFORM runledger.add_to_rollup(p_user_id, p_graph_id, 'h', date_trunc('hour', p_created_at), v_sums);
    PERFORM runledger.add_to_rollup(p_user_id, p_graph_id, 'd', date_trunc('day', p_created_at), v_sums);
END $$;

CREATE OR REPLACE FUNCTION runledger.roll_up_replicated() RETURNS trigger LANGUAGE plpgsql VOLATILE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_counted_to text;
BEGIN
    -- ENABLE TRIGGER ALL, as a restore does it, makes one of those that fire for everybody else.
    IF current_setting('session_replication_role') <> 'replica' THEN
        RETURN NULL;
    END IF;
    v_counted_to := runledger.rollups_counted_to();
    IF TG_OP <> 'INSERT' AND NOT OLD."isDeleted" AND (v_counted_to IS NULL OR OLD.id <= v_counted_to) THEN
        PERFORM runledger.roll_up_row(-1, OLD."userId", OLD."agentGraphId", OLD."createdAt", OLD."executionStatus"::text,
            OLD.stats);
    END IF;
    IF TG_OP <> 'DELETE' AND NOT NEW."isDeleted" AND (v_counted_to IS NULL OR NEW.id <= v_counted_to) THEN
        PERFORM runledger.roll_up_row(1, NEW."userId", NEW."agentGraphId", NEW."createdAt", NEW."executionStatus"::text,
            NEW.stats);
    END IF;
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
        e."isDeleted", n."addedTime", n."queuedTime", n."startedTime", n."endedTime"
    FROM "AgentNodeExecution" n
    JOIN "AgentGraphExecution" e ON e.id = n."agentGraphExecutionId"
    WHERE n.id IN (v_row."referencedByInputExecId", v_row."referencedByOutputExecId")
        AND n.xmin <> pg_current_xact_id()::xid;
    RETURN NULL;
END $$;

-- Cascades do not happen then either.
CREATE OR REPLACE FUNCTION runledger.forget_replicated() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_ARGV[0] = 'execution' THEN
        DELETE FROM runledger.scores WHERE graph_exec_id = OLD.id;
        DELETE FROM runledger.share_ends WHERE execution_id = OLD.id;
    ELSE
        DELETE FROM runledger.queue_entries WHERE node_exec_id = OLD.id;
    END IF;
    RETURN NULL;
END $$;

-- A twin may never fire beside the other; so it is made and changed at once.
DO $$
BEGIN
    CREATE TRIGGER runledger_replicated_roll_up AFTER INSERT OR UPDATE OR DELETE ON "AgentGraphExecution" FOR EACH ROW
    EXECUTE FUNCTION runledger.roll_up_replicated();
    ALTER TABLE "AgentGraphExecution" ENABLE REPLICA TRIGGER runledger_replicated_roll_up;
    CREATE TRIGGER runledger_replicated_forget AFTER DELETE ON "AgentGraphExecution" FOR EACH ROW
    EXECUTE FUNCTION runledger.forget_replicated('execution');
    ALTER TABLE "AgentGraphExecution" ENABLE REPLICA TRIGGER runledger_replicated_forget;
END $$;

DO $$
BEGIN
    CREATE TRIGGER runledger_replicated_forget AFTER DELETE ON "AgentNodeExecution" FOR EACH ROW
    EXECUTE FUNCTION runledger.forget_replicated('node execution');
    ALTER TABLE "AgentNodeExecution" ENABLE REPLICA TRIGGER runledger_replicated_forget;
END $$;

DO $$
BEGIN
    CREATE TRIGGER runledger_replicated_events AFTER INSERT OR UPDATE OR DELETE ON "AgentNodeExecutionInputOutput"
    FOR EACH ROW EXECUTE FUNCTION runledger.record_replicated_value();
    ALTER TABLE "AgentNodeExecutionInputOutput" ENABLE REPLICA TRIGGER runledger_replicated_events;
END $$;
