-- What keeps answers within a budget of bytes. A value is never read when its stored size alone is too large; the size of
-- one that is smaller as it is stored (compressed) is looked at, and what is found too large then costs a quarter of the
-- budget, so that no more than four such looks are made for one answer.

-- The budget of a statement's answer; what the default of `max_response_bytes` is for who names none.
CREATE FUNCTION runledger.answer_budget(p_args jsonb) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT coalesce((p_args ->> 'budget')::bigint, 33554432) $$;

-- How many bytes a value takes in an answer; one more than `p_most` for whatever is larger.
CREATE FUNCTION runledger.shown_bytes(p_value jsonb, p_most bigint) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    v_value jsonb;
BEGIN
    IF p_value IS NULL THEN
        RETURN 0;
    ELSIF pg_column_size(p_value) > p_most THEN
        RETURN p_most + 1;
    ELSIF pg_column_size(p_value) <= 1000 THEN
        RETURN least(octet_length(p_value::text), p_most + 1);
    END IF;
    -- The value itself, once and no longer compressed.
    v_value := p_value #> '{}';
    IF pg_column_size(v_value) > p_most THEN
        RETURN p_most + 1;
    END IF;
    RETURN least(octet_length(v_value::text), p_most + 1);
END $$;

-- What stands in the place of a value that is left out.
CREATE FUNCTION runledger.truncated_value(p_value jsonb) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT jsonb_build_object('$truncated', jsonb_build_object('stored_bytes', pg_column_size(p_value))) $$;

-- The value, or what stands in its place when it is larger than this.
CREATE FUNCTION runledger.cut_value(p_value jsonb, p_most bigint) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN p_value IS NULL OR runledger.shown_bytes(p_value, p_most) <= p_most THEN p_value
        ELSE runledger.truncated_value(p_value) END
$$;

-- Whether all values of an execution fit: its inputs have a quarter of the budget, its credentials, masks and statistics
-- 1/32 each. The rest is for what its inputs and outputs are gathered from (a quarter), and for its nodes (3/8).
CREATE FUNCTION runledger.execution_fits(
    p_budget bigint, p_inputs jsonb, p_credential_inputs jsonb, p_nodes_input_masks jsonb, p_stats jsonb
) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT CASE
        -- No text is so much longer than what is stored.
        WHEN (coalesce(pg_column_size(p_inputs), 0) + coalesce(pg_column_size(p_credential_inputs), 0)
            + coalesce(pg_column_size(p_nodes_input_masks), 0) + coalesce(pg_column_size(p_stats), 0)) * 1024
            <= p_budget / 32
        THEN true
        ELSE runledger.shown_bytes(p_inputs, p_budget / 4) <= p_budget / 4
            AND runledger.shown_bytes(p_credential_inputs, p_budget / 32) <= p_budget / 32
            AND runledger.shown_bytes(p_nodes_input_masks, p_budget / 32) <= p_budget / 32
            AND runledger.shown_bytes(p_stats, p_budget / 32) <= p_budget / 32 END
$$;

-- bytes_used: how much of the budget a list has used up with each of its rows. A row whose number is higher than the
-- budget does not fit, nor do those after it; the first one always does, since what it carries is cut to a part of the
-- budget. `p_row` is what a row takes besides its values, of which the first may have a quarter of the budget and the
-- others 1/32 each.
CREATE FUNCTION runledger.add_row_bytes(
    p_used bigint, p_budget bigint, p_row bigint, p_first jsonb, p_second jsonb, p_third jsonb, p_fourth jsonb
) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    v_bytes bigint := p_row;
    v_value jsonb;
    v_most bigint := p_budget / 4;
    v_shown bigint;
BEGIN
    IF p_used > p_budget THEN
        RETURN p_used;
    END IF;
    IF coalesce(pg_column_size(p_first), 0) + coalesce(pg_column_size(p_second), 0)
        + coalesce(pg_column_size(p_third), 0) + coalesce(pg_column_size(p_fourth), 0) <= 1000
    THEN
        v_bytes := v_bytes + coalesce(octet_length(p_first::text), 0) + coalesce(octet_length(p_second::text), 0)
            + coalesce(octet_length(p_third::text), 0) + coalesce(octet_length(p_fourth::text), 0);
    ELSE
        FOR v_place IN 1..4 LOOP
            v_value := CASE v_place WHEN 1 THEN p_first WHEN 2 THEN p_second WHEN 3 THEN p_third ELSE p_fourth END;
            v_shown := runledger.shown_bytes(v_value, v_most);
            IF v_shown <= v_most THEN
                v_bytes := v_bytes + v_shown;
            ELSE
                v_bytes := v_bytes + 100 + CASE WHEN pg_column_size(v_value) <= v_most THEN p_budget / 4 ELSE 0 END;
            END IF;
            v_most := p_budget / 32;
        END LOOP;
    END IF;
    IF p_used IS NULL THEN
        RETURN least(v_bytes, p_budget);
    END IF;
    RETURN p_used + v_bytes;
END $$;

CREATE AGGREGATE runledger.bytes_used(bigint, bigint, jsonb, jsonb, jsonb, jsonb) (
    SFUNC = runledger.add_row_bytes, STYPE = bigint
);

-- The data of a node execution, and how much of the budget is used up with them. Data are null where they do not fit.
CREATE TYPE runledger.node_data AS (bytes bigint, data json);

-- Adds the data of a node execution to what was taken before. `p_kind` says what for:
--   node: an item of a list. It is taken whole or not at all, and none after it; only the first one is cut.
--   outputs: one alone, of which the outputs that have a value count.
--   boundary: one of several that one record is made of, of which the inputs count. Each value is cut by itself.
-- What was cut says so: `cut`.
CREATE FUNCTION runledger.add_node_data(
    p_taken runledger.node_data, p_budget bigint, p_kind text, p_node_exec_id text, p_stats jsonb, p_execution_data jsonb
) RETURNS runledger.node_data
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    -- Where the list ends: the first that is left out. Those after it have a number that is higher still.
    c_end CONSTANT runledger.node_data := ROW(p_budget + 1, NULL::json);
    v_left bigint := p_budget - coalesce(p_taken.bytes, 0) - 512;
    v_can_cut boolean := p_kind <> 'node' OR p_taken.bytes IS NULL;
    v_is_cut boolean := false;
    v_data json;
    v_bytes bigint;
    v_value record;
    v_shown json;
    v_inputs json[] := '{}';
    v_outputs json[] := '{}';
BEGIN
    IF p_taken.bytes > p_budget THEN
        RETURN ROW(p_budget + 2, NULL::json);
    ELSIF v_left < 0 AND p_taken.bytes IS NOT NULL THEN
        RETURN c_end;
    ELSIF p_node_exec_id IS NULL THEN
        RETURN ROW(p_budget - v_left, NULL::json);
    END IF;

    -- Nearly all data are small; those are put together at once.
    SELECT CASE WHEN stored.bytes + coalesce(pg_column_size(p_stats), 0) + coalesce(pg_column_size(p_execution_data), 0)
            <= 16384
        THEN json_build_object('stats', p_stats, 'execution_data', p_execution_data,
            'inputs', CASE WHEN p_kind <> 'outputs' THEN (
                SELECT coalesce(json_agg(json_build_object('name', io.name, 'data', io.data)
                    ORDER BY io.time, io.id), '[]')
                FROM "AgentNodeExecutionInputOutput" io
                WHERE io."referencedByInputExecId" = p_node_exec_id) ELSE '[]' END,
            'outputs', CASE WHEN p_kind <> 'boundary' THEN (
                SELECT coalesce(json_agg(json_build_object('name', io.name, 'data', io.data)
                    ORDER BY io.time, io.id), '[]')
                FROM "AgentNodeExecutionInputOutput" io
                WHERE io."referencedByOutputExecId" = p_node_exec_id
                    AND (p_kind <> 'outputs' OR io.data IS NOT NULL)) ELSE '[]' END) END
    INTO v_data
    FROM (
        SELECT coalesce(sum(octet_length(part.name) + coalesce(pg_column_size(part.data), 0)), 0) AS bytes
        FROM (
            SELECT io.name, io.data FROM "AgentNodeExecutionInputOutput" io
            WHERE io."referencedByInputExecId" = p_node_exec_id AND p_kind <> 'outputs'
            UNION ALL
            SELECT io.name, io.data FROM "AgentNodeExecutionInputOutput" io
            WHERE io."referencedByOutputExecId" = p_node_exec_id AND p_kind <> 'boundary'
        ) AS part
    ) AS stored;
    v_bytes := octet_length(v_data::text);
    IF v_bytes <= v_left THEN
        RETURN ROW(p_budget - v_left + v_bytes, v_data);
    ELSIF NOT v_can_cut AND v_bytes IS NOT NULL THEN
        RETURN c_end;
    END IF;

    v_bytes := runledger.shown_bytes(p_stats, v_left);
    IF v_bytes > v_left THEN
        IF NOT v_can_cut THEN
            RETURN c_end;
        END IF;
        -- Whether they hold data that were cleared from the rows cannot be told unread: none are shown.
        RETURN ROW(least(p_budget, p_budget - v_left + p_budget / 4), '{"cut": true}'::json);
    END IF;
    v_left := v_left - v_bytes;

    v_shown := p_execution_data;
    v_bytes := runledger.shown_bytes(p_execution_data, v_left);
    IF v_bytes > v_left THEN
        IF NOT v_can_cut THEN
            RETURN c_end;
        END IF;
        v_is_cut := true;
        v_shown := runledger.truncated_value(p_execution_data);
        v_bytes := 100 + CASE WHEN pg_column_size(p_execution_data) <= v_left THEN p_budget / 4 ELSE 0 END;
    END IF;
    v_left := v_left - v_bytes;
    v_data := v_shown;

    FOR v_value IN
        SELECT part.is_output, part.name, part.data, octet_length(part.name) AS name_bytes
        FROM (
            SELECT false AS is_output, io.name, io.data, io.time, io.id FROM "AgentNodeExecutionInputOutput" io
            WHERE io."referencedByInputExecId" = p_node_exec_id AND p_kind <> 'outputs'
            UNION ALL
            SELECT true, io.name, io.data, io.time, io.id FROM "AgentNodeExecutionInputOutput" io
            WHERE io."referencedByOutputExecId" = p_node_exec_id AND p_kind <> 'boundary'
                AND (p_kind <> 'outputs' OR io.data IS NOT NULL)
        ) AS part
        ORDER BY part.is_output, part.time, part.id
    LOOP
        v_bytes := 50 + 2 * v_value.name_bytes + runledger.shown_bytes(v_value.data, v_left);
        IF v_bytes <= v_left THEN
            v_shown := json_build_object('name', v_value.name, 'data', v_value.data);
        ELSIF NOT v_can_cut THEN
            RETURN c_end;
        ELSE
            v_is_cut := true;
            v_bytes := 500 + CASE WHEN pg_column_size(v_value.data) <= v_left THEN p_budget / 4 ELSE 0 END;
            v_shown := json_build_object(
                'name', left(v_value.name, 100), 'data', runledger.truncated_value(v_value.data));
        END IF;
        v_left := v_left - v_bytes;
        IF v_left < 0 THEN
            -- There is no room for the values that are left, not even to name them.
            EXIT WHEN p_kind <> 'boundary';
            RETURN c_end;
        END IF;
        IF v_value.is_output THEN
            v_outputs := v_outputs || v_shown;
        ELSE
            v_inputs := v_inputs || v_shown;
        END IF;
    END LOOP;
    RETURN ROW(
        least(p_budget - v_left, p_budget),
        json_build_object('stats', p_stats, 'execution_data', v_data, 'inputs', to_json(v_inputs),
            'outputs', to_json(v_outputs), 'cut', v_is_cut));
END $$;

CREATE AGGREGATE runledger.node_data(bigint, text, text, jsonb, jsonb) (
    SFUNC = runledger.add_node_data, STYPE = runledger.node_data
);
