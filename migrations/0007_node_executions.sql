-- runledger: no transaction
--
-- Node executions as lists, key-value data, the execution queue. Built like 0004: indexes CONCURRENTLY, and what an
-- adopted database has already is not made twice. Figures: docs/decisions/0041-lists-of-node-executions.md.

-- The nodes of an execution, newest first. With the id in the key, a page costs what a page costs.
CREATE INDEX CONCURRENTLY IF NOT EXISTS runledger_nodes_of_execution
    ON "AgentNodeExecution" ("agentGraphExecutionId", "addedTime", id);

-- The nodes of everybody, newest first, and those of a span of time.
-- unless exists: "AgentNodeExecution_addedTime_queuedTime_idx"
CREATE INDEX CONCURRENTLY IF NOT EXISTS runledger_nodes
    ON "AgentNodeExecution" ("addedTime", id);

-- The platform's table. As there, the node execution that wrote a value last is noted and not referred to: a value
-- outlives it.
CREATE TABLE IF NOT EXISTS "AgentNodeExecutionKeyValueData" (
    "userId" text NOT NULL,
    key text NOT NULL,
    "agentNodeExecutionId" text NOT NULL,
    data jsonb,
    "createdAt" timestamp(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
    "updatedAt" timestamp(3),
    CONSTRAINT "AgentNodeExecutionKeyValueData_pkey" PRIMARY KEY ("userId", key)
);

-- The queues of executions: node executions that wait for an executor, each with its execution context. `place` is the
-- order of arrival. `id` is what the API shows: a new one whenever the entry is taken, so that only whoever took it last
-- can acknowledge it. `leased_until` is when it comes back; null until it is first taken.
CREATE TABLE IF NOT EXISTS runledger.queue_entries (
    place bigint GENERATED ALWAYS AS IDENTITY,
    id text NOT NULL,
    graph_exec_id text NOT NULL,
    node_exec_id text NOT NULL,
    execution_context jsonb NOT NULL,
    leased_until timestamptz,
    added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT queue_entries_pkey PRIMARY KEY (graph_exec_id, place),
    CONSTRAINT queue_entries_id_key UNIQUE (id),
    -- For the cascade, when a node execution is removed.
    CONSTRAINT queue_entries_node_exec_id_key UNIQUE (node_exec_id, place),
    CONSTRAINT queue_entries_node_exec_id_fkey FOREIGN KEY (node_exec_id)
        REFERENCES "AgentNodeExecution" (id) ON DELETE CASCADE ON UPDATE CASCADE
);

-- Runs a statement of the store's while nobody else runs one under the same lock, and returns its outcome. The lock is
-- held until the transaction ends. The function is VOLATILE, so that the statement sees what others committed while
-- this one waited; the snapshot of a plain statement would be older than its lock. Prepared as in runledger.once, with
-- the same demands on the caller.
CREATE OR REPLACE FUNCTION runledger.one_at_a_time(p_lock text, p_statement text, p_args jsonb) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY INVOKER
AS $$
DECLARE
    v_prepared text := 'runledger_alone_' || md5(p_statement);
    v_outcome json;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(p_lock, 0));
    IF NOT EXISTS (SELECT FROM pg_prepared_statements WHERE name = v_prepared) THEN
        EXECUTE format('PREPARE %I (jsonb) AS %s', v_prepared, p_statement);
    END IF;
    EXECUTE format('EXECUTE %I (%L)', v_prepared, p_args) INTO STRICT v_outcome;
    RETURN v_outcome;
END $$;
