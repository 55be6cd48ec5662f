-- graphs/put_block
WITH sent AS MATERIALIZED (SELECT ($1::jsonb ->> 'block')::jsonb AS block),
conflict AS (
    SELECT 'another block has this name' AS why FROM "AgentBlock" CROSS JOIN sent
    WHERE name = block ->> 'name' AND id <> $1 ->> 'id'
    UNION ALL
    -- Without them no graph would have inputs or outputs.
    SELECT 'this block is the platform''s own input or output block, whose type cannot change'
    FROM runledger.block_registry CROSS JOIN sent
    WHERE block_id = $1 ->> 'id' AND block_type <> block ->> 'type'
        AND block_id IN ('c0a8e994-ebf1-4a9c-a4d8-89d09c86741b', '363ae599-353e-4804-937e-b2ee3cef3da4')
),
block AS (
    INSERT INTO "AgentBlock" (id, name, description, "inputSchema", "outputSchema")
    SELECT $1 ->> 'id', block ->> 'name', block ->> 'description', (block -> 'input_schema')::text,
        (block -> 'output_schema')::text
    FROM sent
    WHERE NOT EXISTS (SELECT FROM conflict)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description,
        "inputSchema" = excluded."inputSchema", "outputSchema" = excluded."outputSchema"
    RETURNING *
),
registered AS (
    INSERT INTO runledger.block_registry (block_id, block_type)
    SELECT id, sent.block ->> 'type' FROM block CROSS JOIN sent
    ON CONFLICT (block_id) DO UPDATE SET block_type = excluded.block_type, source = excluded.source,
        updated_at = now()
)
SELECT coalesce(
    (SELECT json_build_object('ok', json_build_object(
        'id', id, 'name', name, 'type', sent.block ->> 'type', 'description', description,
        'input_schema', "inputSchema"::json, 'output_schema', "outputSchema"::json))
     FROM block CROSS JOIN sent),
    (SELECT json_build_object('conflict', min(why)) FROM conflict)
)::text
