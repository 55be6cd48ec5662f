-- Users, blocks, graphs with nodes and links, and the store's listings of some of them. Everything that is random is made
-- of the seed and a number, so that the same seed makes the same world. $1 seed, $2 users, $3 graphs.
WITH chance AS (
    SELECT $1::bigint AS seed, $2::int AS users, $3::int AS graphs
),
people AS (
    INSERT INTO "User" (id)
    SELECT md5(seed || ' user ' || n)::uuid::text FROM chance, generate_series(1, users) AS n
    ON CONFLICT DO NOTHING
),
kinds AS (
    SELECT * FROM (VALUES
        ('Fetch a page', 'STANDARD'), ('Send a mail', 'STANDARD'), ('Ask a model', 'AI'), ('Summarise', 'AI'),
        ('Translate', 'AI'), ('Search the web', 'STANDARD'), ('Read a table', 'STANDARD'), ('Wait for approval', 'HUMAN_IN_THE_LOOP'),
        ('Run an agent', 'AGENT'), ('Hear a webhook', 'WEBHOOK')
    ) AS kinds (name, type)
),
blocks AS (
    INSERT INTO "AgentBlock" (id, name, "inputSchema", "outputSchema", description)
    SELECT md5('block ' || name)::uuid::text, name, '{}', '{}', name || ', and hand on what came of it.' FROM kinds
    ON CONFLICT DO NOTHING
),
registered AS (
    INSERT INTO runledger.block_registry (block_id, block_type)
    SELECT md5('block ' || name)::uuid::text, type FROM kinds
    ON CONFLICT DO NOTHING
),
graph AS (
    SELECT n, md5(seed || ' graph ' || n)::uuid::text AS id,
        md5(seed || ' user ' || 1 + abs(hashint8extended(n, seed)) % users)::uuid::text AS owner,
        -- An input, an output, and one to four nodes between them.
        1 + abs(hashint8extended(n, seed + 1)) % 4 AS inner_nodes
    FROM chance, generate_series(1, graphs) AS n
),
made_graphs AS (
    INSERT INTO "AgentGraph" (id, version, name, description, "userId", "createdAt")
    SELECT id, 1, 'Agent ' || n, 'Does the work of agent ' || n || ' and tells what came of it.', owner,
        (now() AT TIME ZONE 'UTC')::date - 120
    FROM graph
),
node AS (
    SELECT graph.*, place, md5(id || ' node ' || place)::uuid::text AS node_id,
        CASE place WHEN 0 THEN 'c0a8e994-ebf1-4a9c-a4d8-89d09c86741b'
            WHEN inner_nodes + 1 THEN '363ae599-353e-4804-937e-b2ee3cef3da4'
            ELSE (SELECT md5('block ' || name)::uuid::text FROM kinds ORDER BY md5(name || graph.n || place) LIMIT 1)
        END AS block_id
    FROM graph, generate_series(0, inner_nodes + 1) AS place
),
made_nodes AS (
    INSERT INTO "AgentNode" (id, "agentBlockId", "agentGraphId", "agentGraphVersion", "constantInput")
    SELECT node_id, block_id, id, 1, CASE WHEN place IN (0, inner_nodes + 1) THEN '{"name": "text"}'::jsonb ELSE '{}' END
    FROM node
),
made_links AS (
    INSERT INTO "AgentNodeLink" (id, "agentNodeSourceId", "sourceName", "agentNodeSinkId", "sinkName")
    SELECT md5(source.node_id || ' link')::uuid::text, source.node_id, 'result', sink.node_id, 'value'
    FROM node source
    JOIN node sink ON sink.n = source.n AND sink.place = source.place + 1
),
made_listings AS (
    INSERT INTO "StoreListing" (id, slug, "hasApprovedVersion", "agentGraphId", "agentGraphVersion", "owningUserId")
    SELECT md5(id || ' listing')::uuid::text, 'agent-' || n || '-' || left(id, 8), n % 6 <> 0, id, 1, owner
    FROM graph
    WHERE n % 3 = 0
),
made_versions AS (
    INSERT INTO "StoreListingVersion" (id, version, "agentGraphId", "agentGraphVersion", name, "subHeading", description,
        categories, "submissionStatus", "storeListingId")
    SELECT md5(id || ' version')::uuid::text, 1, id, 1, 'Agent ' || n, 'Does its work', 'Does the work of agent ' || n,
        ARRAY['productivity'], (CASE WHEN n % 6 <> 0 THEN 'APPROVED' ELSE 'PENDING' END)::"SubmissionStatus",
        md5(id || ' listing')::uuid::text
    FROM graph
    WHERE n % 3 = 0
)
INSERT INTO "StoreListingReview" (id, "storeListingVersionId", "reviewByUserId", score, comments)
SELECT DISTINCT ON (graph.id, reviewer) md5(graph.id || ' review ' || reviewer)::uuid::text,
    md5(graph.id || ' version')::uuid::text, md5(seed || ' user ' || reviewer)::uuid::text,
    (ARRAY[5, 4, 4, 5, 3, 4, 2, 5, 4, 1])[1 + abs(hashint8extended(graph.n * 100 + turn, seed + 2)) % 10], NULL
FROM chance, graph, generate_series(1, 8) AS turn,
    LATERAL (SELECT 1 + abs(hashint8extended(graph.n * 100 + turn, seed + 3)) % users AS reviewer) AS chosen
WHERE graph.n % 3 = 0 AND graph.n % 6 <> 0
