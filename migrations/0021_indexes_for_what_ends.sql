-- runledger: no transaction
--
-- What is live is found without what is over, and what is over without what is live.

-- Holds of a user that may still count, by the time at which they cease to. The one on the user alone held all that had
-- run out, too.
CREATE INDEX CONCURRENTLY IF NOT EXISTS credit_holds_open ON runledger.credit_holds (user_id, expires_at)
    WHERE ended_at IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS runledger.credit_holds_of_user;

-- For pruning. What has run out and is not ended is found by the one above, too: of an hour, it is little.
CREATE INDEX CONCURRENTLY IF NOT EXISTS credit_holds_ended ON runledger.credit_holds (ended_at)
    WHERE ended_at IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS scoring_jobs_finished ON runledger.scoring_jobs (finished_at)
    WHERE finished_at IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS accuracy_alerts_recovered ON runledger.accuracy_alerts (recovered_at)
    WHERE recovered_at IS NOT NULL;

-- The executions that wait or run already. Read without a lock that a writer would meet: what ends meanwhile is pruned.
INSERT INTO runledger.executions_at_work (id)
SELECT id FROM "AgentGraphExecution" WHERE "executionStatus" IN ('QUEUED', 'RUNNING')
ON CONFLICT DO NOTHING;
