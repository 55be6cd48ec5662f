-- What became of each scheduled job's runs, and what the pruning of every table needs. How long each table keeps its rows
-- stands in one place: shared/store/src/jobs/retention.rs.

ALTER TABLE runledger.jobs
    -- When a run last came to its end without a failure.
    ADD COLUMN succeeded_at timestamptz,
    -- When a run last failed, or was found to have died; and how many did.
    ADD COLUMN failed_at timestamptz,
    ADD COLUMN failures bigint NOT NULL DEFAULT 0;
-- A job that failed says so in its outcome.
UPDATE runledger.jobs SET succeeded_at = finished_at WHERE outcome ->> 'failed' IS NULL;

-- When a route was last counted: one that nobody asks for any more is forgotten.
ALTER TABLE runledger.request_metrics ADD COLUMN counted_at timestamptz NOT NULL DEFAULT now();

-- What was counted of requests. A standby has no unlogged tables, and a statement that names one fails there: this one
-- names it only where it is.
CREATE FUNCTION runledger.counted_requests() RETURNS SETOF runledger.request_metrics
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    IF NOT pg_is_in_recovery() THEN
        RETURN QUERY SELECT * FROM runledger.request_metrics;
    END IF;
END $$;

-- The finished executions of some time, of one user or of everybody, by graph and user: for the ragged ends of a range, as
-- `runledger.sums_of_rows` is.
CREATE FUNCTION runledger.finished_rows(p_user_id text, p_lower timestamp, p_upper timestamp)
RETURNS TABLE (graph_id text, user_id text, executions bigint)
LANGUAGE plpgsql STABLE ROWS 10 SET jit = off
AS $$
BEGIN
    RETURN QUERY
    SELECT "agentGraphId", "userId", count(*)
    FROM "AgentGraphExecution"
    WHERE NOT "isDeleted" AND "createdAt" >= p_lower AND "createdAt" < p_upper
        AND "executionStatus" IN ('COMPLETED', 'FAILED', 'TERMINATED')
        AND (p_user_id IS NULL OR "userId" = p_user_id)
    GROUP BY "agentGraphId", "userId";
END $$;

-- The executions that wait or run, however old: what the search for late ones reads. A table of its own, since an index that
-- holds the status would cost every execution its HOT updates (docs/decisions/0003-indexes.md). A row whose execution is no
-- longer at work means nothing: readers look at the execution itself, and pruning takes the row away.
CREATE TABLE runledger.executions_at_work (
    id text COLLATE "C" PRIMARY KEY
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

CREATE FUNCTION runledger.note_at_work() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP <> 'DELETE' AND NEW."executionStatus" IN ('QUEUED', 'RUNNING') THEN
        INSERT INTO runledger.executions_at_work (id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    ELSE
        DELETE FROM runledger.executions_at_work WHERE id = OLD.id;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER runledger_note_begun_at_work AFTER INSERT ON "AgentGraphExecution" FOR EACH ROW
WHEN (NEW."executionStatus" IN ('QUEUED', 'RUNNING')) EXECUTE FUNCTION runledger.note_at_work();
CREATE TRIGGER runledger_note_at_work AFTER UPDATE OF "executionStatus" ON "AgentGraphExecution" FOR EACH ROW
WHEN ((OLD."executionStatus" IN ('QUEUED', 'RUNNING')) <> (NEW."executionStatus" IN ('QUEUED', 'RUNNING')))
EXECUTE FUNCTION runledger.note_at_work();
CREATE TRIGGER runledger_note_gone_from_work AFTER DELETE ON "AgentGraphExecution" FOR EACH ROW
WHEN (OLD."executionStatus" IN ('QUEUED', 'RUNNING')) EXECUTE FUNCTION runledger.note_at_work();
-- Under replication too: docs/decisions/0063-triggers-under-replication.md.
ALTER TABLE "AgentGraphExecution" ENABLE ALWAYS TRIGGER runledger_note_begun_at_work;
ALTER TABLE "AgentGraphExecution" ENABLE ALWAYS TRIGGER runledger_note_at_work;
ALTER TABLE "AgentGraphExecution" ENABLE ALWAYS TRIGGER runledger_note_gone_from_work;
