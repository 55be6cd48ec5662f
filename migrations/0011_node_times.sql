-- runledger: no transaction
--
-- For what ran in some time, whatever it was. Node executions are stored about in the order of their times, so that a
-- few bytes for each megabyte of them are enough: docs/decisions/0051-monitors-read-rows.md.
-- unless exists: "AgentNodeExecution_addedTime_queuedTime_idx"
CREATE INDEX CONCURRENTLY IF NOT EXISTS runledger_node_executions_added
    ON "AgentNodeExecution" USING brin ("addedTime" timestamp_minmax_multi_ops) WITH (autosummarize = on);
