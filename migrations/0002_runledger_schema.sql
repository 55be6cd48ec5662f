-- What Runledger keeps for itself, always in the schema "runledger" (which the table of migrations made already).

-- What each block is to the ledger: whose nodes' data are an execution's inputs and outputs, for one. The platform has
-- this in its code only.
CREATE TABLE runledger.block_registry (
    block_id text PRIMARY KEY,
    block_type text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT block_registry_block_type_check CHECK (block_type IN
        ('STANDARD', 'INPUT', 'OUTPUT', 'WEBHOOK', 'WEBHOOK_MANUAL', 'AGENT', 'AI', 'HUMAN_IN_THE_LOOP', 'NOTE'))
);

INSERT INTO runledger.block_registry (block_id, block_type)
VALUES ('c0a8e994-ebf1-4a9c-a4d8-89d09c86741b', 'INPUT'),
       ('363ae599-353e-4804-937e-b2ee3cef3da4', 'OUTPUT');

-- The two blocks that are known from the start, under the platform's names.
INSERT INTO "AgentBlock" (id, name, "inputSchema", "outputSchema")
VALUES ('c0a8e994-ebf1-4a9c-a4d8-89d09c86741b', 'AgentInputBlock', '{}', '{}'),
       ('363ae599-353e-4804-937e-b2ee3cef3da4', 'AgentOutputBlock', '{}', '{}')
ON CONFLICT DO NOTHING;

-- One row for each write that came with an Idempotency-Key and succeeded. `caller` is who sent it, `fingerprint` what
-- was asked, `outcome` what was answered: json, not jsonb, so that a replay returns the same text. It is null only
-- inside the transaction that is doing the work.
CREATE TABLE runledger.idempotency_keys (
    caller text NOT NULL,
    key text NOT NULL,
    fingerprint text NOT NULL,
    outcome json,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller, key)
);
-- For pruning what is past its day.
CREATE INDEX idempotency_keys_created_at_idx ON runledger.idempotency_keys (created_at);

-- Runs a write at most once for each (caller, key) in 24 hours and returns its outcome.
--
-- `p_statement` is static text of the store's: it takes one jsonb parameter, $1 (`p_args`), and returns one row of one
-- json (or text) column, {"ok": …} when it did its work and anything else when it refused. Only "ok" is remembered.
-- It is prepared once in a session: planning it anew each time costs more than running it.
-- Returns the outcome; for a duplicate {"ok": …, "replayed": true}; for a key that was used for another request
-- {"idempotency_mismatch": true}. An exception undoes the key too.
--
-- It has to be called outside of an explicit transaction, or in READ COMMITTED: each statement of a VOLATILE function
-- then sees what was committed while the one before it waited.
CREATE FUNCTION runledger.once(
    p_caller text, p_key text, p_fingerprint text, p_statement text, p_args jsonb
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY INVOKER
AS $$
DECLARE
    v_prepared text := 'runledger_once_' || md5(p_statement);
    v_outcome json;
    v_fingerprint text;
BEGIN
    LOOP
        -- A duplicate waits here, on the primary key, for the first attempt to commit or to give up.
        INSERT INTO runledger.idempotency_keys AS stored (caller, key, fingerprint)
        VALUES (p_caller, p_key, p_fingerprint)
        ON CONFLICT ON CONSTRAINT idempotency_keys_pkey DO UPDATE
            SET fingerprint = excluded.fingerprint, outcome = NULL, created_at = excluded.created_at
            WHERE stored.created_at < now() - interval '24 hours';

        IF FOUND THEN
            IF NOT EXISTS (SELECT FROM pg_prepared_statements WHERE name = v_prepared) THEN
                EXECUTE format('PREPARE %I (jsonb) AS %s', v_prepared, p_statement);
            END IF;
            EXECUTE format('EXECUTE %I (%L)', v_prepared, p_args) INTO STRICT v_outcome;
            IF v_outcome ->> 'ok' IS NULL THEN
                DELETE FROM runledger.idempotency_keys WHERE caller = p_caller AND key = p_key;
            ELSE
                UPDATE runledger.idempotency_keys SET outcome = v_outcome WHERE caller = p_caller AND key = p_key;
            END IF;
            RETURN v_outcome;
        END IF;

        SELECT fingerprint, outcome INTO v_fingerprint, v_outcome
        FROM runledger.idempotency_keys
        WHERE caller = p_caller AND key = p_key;
        IF FOUND THEN
            IF v_fingerprint <> p_fingerprint THEN
                RETURN json_build_object('idempotency_mismatch', true);
            END IF;
            RETURN json_build_object('ok', v_outcome -> 'ok', 'replayed', true);
        END IF;
        -- Pruned between the two statements: the key is free again.
    END LOOP;
END $$;
