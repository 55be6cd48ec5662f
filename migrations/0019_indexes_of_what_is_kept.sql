-- runledger: no transaction
--
-- Where the events and the remembered answers of a run are found when it is removed.

CREATE INDEX CONCURRENTLY IF NOT EXISTS events_of_execution ON runledger.events (graph_exec_id);

CREATE INDEX CONCURRENTLY IF NOT EXISTS idempotency_keys_of_execution
    ON runledger.idempotency_keys (graph_exec_id) WHERE graph_exec_id IS NOT NULL;
