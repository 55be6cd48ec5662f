WITH conflict AS (
    SELECT 'another block has this name' AS why FROM "AgentBlock"
    WHERE name = $1::jsonb -> 'block' ->> 'name' AND id <> $1 ->> 'id'
    UNION ALL
    -- Without them no graph would have inputs or outputs.
    SELECT 'this block is the platform''s own input or output block, whose type cannot change'
    FROM runledger.block_registry
    WHERE block_id = $1 ->> 'id' AND block_type <> $1 -> 'block' ->> 'type'
        AND block_id IN ('c0a8e994-ebf1-4a9c-a4d8-89d09c86741b', '363ae599-353e-4804-937e-b2ee3cef3da4')
),
block AS (
    INSERT INTO "AgentBlock" (id, name, description, "inputSchema", "outputSchema")
    SELECT $1 ->> 'id', $1 -> 'block' ->> 'name', $1 -> 'block' ->> 'description',
        ($1 -> 'block' -> 'input_schema')::text, ($1 -> 'block' -> 'output_schema')::text
    WHERE NOT EXISTS (SELECT FROM conflict)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description,
        "inputSchema" = excluded."inputSchema", "outputSchema" = excluded."outputSchema"
    RETURNING *
),
registered AS (
    INSERT INTO runledger.block_registry (block_id, block_type)
    SELECT id, $1 -> 'block' ->> 'type' FROM block
    ON CONFLICT (block_id) DO UPDATE SET block_type = excluded.block_type, updated_at = now()
)
SELECT coalesce(
    (SELECT json_build_object('ok', json_build_object(
        'id', id, 'name', name, 'type', $1 -> 'block' ->> 'type', 'description', description,
        'input_schema', "inputSchema"::json, 'output_schema', "outputSchema"::json))
     FROM block),
    (SELECT json_build_object('conflict', min(why)) FROM conflict)
)::text
