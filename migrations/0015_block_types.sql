-- What a block is, where nobody has registered it: known of its id, else of its name in "AgentBlock". The registry stays
-- the one place that statements ask; here it learns where a row comes from, and follows the platform's blocks as they
-- come, go and are renamed: docs/decisions/0061-types-of-blocks-that-nobody-registered.md.

-- A registration wins over an id that is known, and that over a name.
ALTER TABLE runledger.block_registry ADD COLUMN source text NOT NULL DEFAULT 'registered'
    CONSTRAINT block_registry_source_check CHECK (source IN ('registered', 'id', 'name'));

INSERT INTO runledger.block_registry (block_id, block_type, source)
VALUES
    ('7fcd3bcb-8e1b-4e69-903d-32d3d4a92158', 'INPUT', 'id'), -- short text
    ('90a56ffb-7024-4b2b-ab50-e26c5e5ab8ba', 'INPUT', 'id'), -- long text
    ('96dae2bb-97a2-41c2-bd2f-13a3b5a8ea98', 'INPUT', 'id'), -- number
    ('7e198b09-4994-47db-8b4d-952d98241817', 'INPUT', 'id'), -- date
    ('2a1c757e-86cf-4c7e-aacf-060dc382e434', 'INPUT', 'id'), -- time
    ('95ead23f-8283-4654-aef3-10c053b74a31', 'INPUT', 'id'), -- file
    ('655d6fdf-a334-421c-b733-520549c07cd1', 'INPUT', 'id'), -- dropdown
    ('cbf36ab5-df4a-43b6-8a7f-f7ed8652116e', 'INPUT', 'id'), -- toggle
    ('5603b273-f41e-4020-af7d-fbc9c6a8d928', 'INPUT', 'id'), -- table
    ('d3b32f15-6fd7-40e3-be52-e083f51b19a2', 'INPUT', 'id'), -- Drive file
    ('8b2a7b3c-6e9d-4a5f-8c1b-2e3f4a5b6c7d', 'HUMAN_IN_THE_LOOP', 'id'),
    ('8fa8c167-2002-47ce-aba8-97572fc5d387', 'WEBHOOK_MANUAL', 'id'),
    ('6c60ec01-8128-419e-988f-96a063ee2fea', 'WEBHOOK', 'id'),
    ('d0180ce6-ccb9-48c7-8256-b39e93e62801', 'WEBHOOK', 'id'),
    ('804ac1ed-d692-4ccb-a390-739a846a2667', 'WEBHOOK', 'id'),
    ('8a74c2ad-0104-4640-962f-26c6b69e58cd', 'WEBHOOK', 'id')
ON CONFLICT DO NOTHING;

-- What the platform's way of naming says of a block; null where it says nothing.
CREATE FUNCTION runledger.block_type_of_name(p_name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN p_name LIKE 'Agent%InputBlock' THEN 'INPUT'
        WHEN p_name = 'AgentOutputBlock' THEN 'OUTPUT'
        WHEN p_name LIKE '%TriggerBlock' OR p_name LIKE '%WebhookBlock' THEN 'WEBHOOK'
    END
$$;

-- With the rights of its owner: whoever writes the platform's blocks need not know of the registry.
CREATE FUNCTION runledger.type_block() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_type text := CASE WHEN TG_OP <> 'DELETE' THEN runledger.block_type_of_name(NEW.name) END;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM runledger.block_registry
        WHERE block_id = OLD.id AND source = 'name' AND (TG_OP = 'DELETE' OR v_type IS NULL OR OLD.id <> NEW.id);
    END IF;
    IF v_type IS NOT NULL THEN
        INSERT INTO runledger.block_registry AS known (block_id, block_type, source) VALUES (NEW.id, v_type, 'name')
        ON CONFLICT (block_id) DO UPDATE SET block_type = excluded.block_type, updated_at = now()
            WHERE known.source = 'name' AND known.block_type <> excluded.block_type;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER runledger_type_block AFTER INSERT OR UPDATE OF id, name OR DELETE ON "AgentBlock" FOR EACH ROW
EXECUTE FUNCTION runledger.type_block();
-- Whoever brings the rows, replication too.
ALTER TABLE "AgentBlock" ENABLE ALWAYS TRIGGER runledger_type_block;

-- The trigger has waited for those who were writing, so none is missed.
INSERT INTO runledger.block_registry (block_id, block_type, source)
SELECT id, runledger.block_type_of_name(name), 'name' FROM "AgentBlock"
WHERE runledger.block_type_of_name(name) IS NOT NULL
ON CONFLICT DO NOTHING;
