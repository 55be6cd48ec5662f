-- What is stored and nobody foresaw costs itself alone: docs/decisions/0062-what-is-stored-and-cannot-be-shown.md.

-- The score of an execution's stats; null where there is none, or one that no double holds.
CREATE FUNCTION runledger.stored_score(p_stats jsonb) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN jsonb_typeof(p_stats -> 'correctness_score') IS DISTINCT FROM 'number' THEN NULL
        WHEN NOT runledger.is_double(p_stats -> 'correctness_score') THEN NULL
        WHEN abs((p_stats -> 'correctness_score')::numeric) < 1e-300 THEN 0
        ELSE (p_stats -> 'correctness_score')::numeric::float8
    END
$$;

-- A number as a double can hold it: what is beyond is shown as nearly the largest one.
CREATE FUNCTION runledger.shown_number(p_number numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN p_number IS NOT NULL THEN least(greatest(p_number, -1.7e308), 1.7e308) END
$$;

-- Everything of any size that an event is put together from: of the execution, or of the node execution, and the event's
-- own stats.
CREATE FUNCTION runledger.values_of_event(p_graph_exec_id text, p_node_exec_id text, p_stats jsonb)
RETURNS TABLE (name text, value jsonb)
LANGUAGE sql STABLE
AS $$
    SELECT NULL::text, p_stats
    UNION ALL
    SELECT NULL, part.value
    FROM "AgentGraphExecution" e
    CROSS JOIN LATERAL (VALUES (e.inputs), (e."credentialInputs"), (e."nodesInputMasks")) AS part (value)
    WHERE e.id = p_graph_exec_id
    UNION ALL
    SELECT NULL, part.value
    FROM "AgentNodeExecution" n
    CROSS JOIN LATERAL (VALUES (n.stats), (n."executionData")) AS part (value)
    WHERE n.id = p_node_exec_id
    UNION ALL
    SELECT io.name, io.data
    FROM "AgentNodeExecutionInputOutput" io
    WHERE io."referencedByInputExecId" = p_node_exec_id
    UNION ALL
    SELECT io.name, io.data
    FROM "AgentNodeExecutionInputOutput" io
    WHERE io."referencedByOutputExecId" = p_node_exec_id
    UNION ALL
    SELECT part.name, part.value
    FROM "AgentGraphExecution" e
    JOIN "AgentNode" node
        ON node."agentGraphId" = e."agentGraphId" AND node."agentGraphVersion" = e."agentGraphVersion"
    JOIN runledger.block_registry registry ON registry.block_id = node."agentBlockId"
        AND registry.block_type IN ('INPUT', 'OUTPUT', 'WEBHOOK', 'WEBHOOK_MANUAL')
    JOIN "AgentNodeExecution" edge ON edge."agentGraphExecutionId" = e.id AND edge."agentNodeId" = node.id
    CROSS JOIN LATERAL (
        VALUES (NULL::text, edge.stats), (NULL, edge."executionData")
        UNION ALL
        SELECT io.name, io.data
        FROM "AgentNodeExecutionInputOutput" io
        WHERE io."referencedByInputExecId" = edge.id
    ) AS part (name, value)
    WHERE e.id = p_graph_exec_id
$$;

-- How many bytes those have as JSON text; where they have more than `p_most`, some number above it. What they have in
-- storage is asked first, since that is known without fetching them. A value that cannot be written at all (a text may
-- have a gigabyte) counts as too large, too, so that no statement fails on it for ever.
CREATE FUNCTION runledger.bytes_of_event(p_graph_exec_id text, p_node_exec_id text, p_stats jsonb, p_most bigint)
RETURNS bigint
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    -- The names of members, and what else stands around a value.
    v_around CONSTANT bigint := 64;
    v_bytes bigint;
    v_part record;
BEGIN
    SELECT sum(v_around + coalesce(octet_length(name), 0) + coalesce(pg_column_size(value), 0)) INTO v_bytes
    FROM runledger.values_of_event(p_graph_exec_id, p_node_exec_id, p_stats);
    IF v_bytes > p_most THEN
        RETURN v_bytes;
    END IF;
    v_bytes := 0;
    FOR v_part IN SELECT name, value FROM runledger.values_of_event(p_graph_exec_id, p_node_exec_id, p_stats) LOOP
        v_bytes := v_bytes + v_around + coalesce(octet_length(to_json(v_part.name)::text), 0)
            + coalesce(octet_length(v_part.value::text), 0);
        EXIT WHEN v_bytes > p_most;
    END LOOP;
    RETURN v_bytes;
EXCEPTION WHEN program_limit_exceeded OR out_of_memory OR internal_error THEN
    RETURN greatest(v_bytes, p_most + 1);
END $$;
