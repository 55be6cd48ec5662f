-- An execution that becomes terminal without an end time gets one, whoever writes it: the ledger, the platform, psql.
-- The WHEN clauses keep every other write free of the call. A time that the writer gave is never touched, and neither
-- is a row that was terminal before (an adopted row without an end time keeps its gap, rather than getting a false one).

CREATE FUNCTION runledger.fill_ended_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW."endedAt" := coalesce(NEW."endedAt", now() AT TIME ZONE 'UTC');
    RETURN NEW;
END $$;

CREATE FUNCTION runledger.fill_ended_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW."endedTime" := coalesce(NEW."endedTime", now() AT TIME ZONE 'UTC');
    RETURN NEW;
END $$;

CREATE TRIGGER runledger_insert_ended_at
BEFORE INSERT ON "AgentGraphExecution" FOR EACH ROW
WHEN (NEW."endedAt" IS NULL AND NEW."executionStatus" IN ('COMPLETED', 'FAILED', 'TERMINATED'))
EXECUTE FUNCTION runledger.fill_ended_at();

CREATE TRIGGER runledger_update_ended_at
BEFORE UPDATE ON "AgentGraphExecution" FOR EACH ROW
WHEN (NEW."endedAt" IS NULL AND NEW."executionStatus" IN ('COMPLETED', 'FAILED', 'TERMINATED')
      AND OLD."executionStatus" <> NEW."executionStatus")
EXECUTE FUNCTION runledger.fill_ended_at();

CREATE TRIGGER runledger_insert_ended_time
BEFORE INSERT ON "AgentNodeExecution" FOR EACH ROW
WHEN (NEW."endedTime" IS NULL AND NEW."executionStatus" IN ('COMPLETED', 'FAILED', 'TERMINATED'))
EXECUTE FUNCTION runledger.fill_ended_time();

CREATE TRIGGER runledger_update_ended_time
BEFORE UPDATE ON "AgentNodeExecution" FOR EACH ROW
WHEN (NEW."endedTime" IS NULL AND NEW."executionStatus" IN ('COMPLETED', 'FAILED', 'TERMINATED')
      AND OLD."executionStatus" <> NEW."executionStatus")
EXECUTE FUNCTION runledger.fill_ended_time();
