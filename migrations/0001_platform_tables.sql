-- The platform's tables, in the schema that search_path chooses.
--
-- An empty database gets all of them. An adopted one keeps its tables as they are and gets only what it lacks: tables,
-- columns (nullable or with a constant default, so that no row is rewritten), enum values, foreign keys.
-- Why there is no foreign key to "User" or "AgentPreset": docs/decisions/0004-adopting-a-platform-database.md.

DO $$
DECLARE
    wanted text;
    status_type oid := (
        SELECT oid FROM pg_type
        WHERE typname = 'AgentExecutionStatus' AND typnamespace = current_schema()::regnamespace
    );
BEGIN
    IF status_type IS NULL THEN
        CREATE TYPE "AgentExecutionStatus" AS ENUM
            ('INCOMPLETE', 'QUEUED', 'RUNNING', 'COMPLETED', 'TERMINATED', 'FAILED', 'REVIEW');
        RETURN;
    END IF;

    -- A value added here cannot be used before this transaction commits, so what names it stands in a later file.
    FOR wanted IN
        SELECT label
        FROM unnest(ARRAY['INCOMPLETE', 'QUEUED', 'RUNNING', 'COMPLETED', 'TERMINATED', 'FAILED', 'REVIEW'])
            WITH ORDINALITY AS labels (label, place)
        WHERE label NOT IN (SELECT enumlabel FROM pg_enum WHERE enumtypid = status_type)
        ORDER BY place
    LOOP
        EXECUTE format('ALTER TYPE "AgentExecutionStatus" ADD VALUE IF NOT EXISTS %L', wanted);
    END LOOP;
END $$;

CREATE TABLE IF NOT EXISTS "User" (
    id text NOT NULL,
    CONSTRAINT "User_pkey" PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS "AgentGraph" (
    id text NOT NULL,
    version integer NOT NULL DEFAULT 1,
    name text,
    description text,
    "isActive" boolean NOT NULL DEFAULT true,
    "userId" text NOT NULL,
    "createdAt" timestamp(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
    CONSTRAINT "AgentGraph_pkey" PRIMARY KEY (id, version)
);

CREATE TABLE IF NOT EXISTS "AgentBlock" (
    id text NOT NULL,
    name text NOT NULL,
    "inputSchema" text NOT NULL,
    "outputSchema" text NOT NULL,
    description text,
    CONSTRAINT "AgentBlock_pkey" PRIMARY KEY (id)
);
CREATE UNIQUE INDEX IF NOT EXISTS "AgentBlock_name_key" ON "AgentBlock" (name);

CREATE TABLE IF NOT EXISTS "AgentNode" (
    id text NOT NULL,
    "agentBlockId" text NOT NULL,
    "agentGraphId" text NOT NULL,
    "agentGraphVersion" integer NOT NULL DEFAULT 1,
    "constantInput" jsonb NOT NULL DEFAULT '{}',
    metadata jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT "AgentNode_pkey" PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS "AgentNodeLink" (
    id text NOT NULL,
    "agentNodeSourceId" text NOT NULL,
    "sourceName" text NOT NULL,
    "agentNodeSinkId" text NOT NULL,
    "sinkName" text NOT NULL,
    "isStatic" boolean NOT NULL DEFAULT false,
    CONSTRAINT "AgentNodeLink_pkey" PRIMARY KEY (id)
);

-- No default for "executionStatus" where we create the table: whoever inserts says in which status. (The platform's own
-- table has COMPLETED, which an adopted database keeps.)
CREATE TABLE IF NOT EXISTS "AgentGraphExecution" (
    id text NOT NULL,
    "createdAt" timestamp(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
    "updatedAt" timestamp(3),
    "startedAt" timestamp(3),
    "endedAt" timestamp(3),
    "isDeleted" boolean NOT NULL DEFAULT false,
    "executionStatus" "AgentExecutionStatus" NOT NULL,
    "agentGraphId" text NOT NULL,
    "agentGraphVersion" integer NOT NULL DEFAULT 1,
    "agentPresetId" text,
    inputs jsonb,
    "credentialInputs" jsonb,
    "nodesInputMasks" jsonb,
    "userId" text NOT NULL,
    stats jsonb,
    "parentGraphExecutionId" text,
    "isShared" boolean NOT NULL DEFAULT false,
    "shareToken" text,
    "sharedAt" timestamp(3),
    CONSTRAINT "AgentGraphExecution_pkey" PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS "AgentNodeExecution" (
    id text NOT NULL,
    "agentGraphExecutionId" text NOT NULL,
    "agentNodeId" text NOT NULL,
    "executionStatus" "AgentExecutionStatus" NOT NULL,
    "executionData" jsonb,
    "addedTime" timestamp(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
    "queuedTime" timestamp(3),
    "startedTime" timestamp(3),
    "endedTime" timestamp(3),
    stats jsonb,
    CONSTRAINT "AgentNodeExecution_pkey" PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS "AgentNodeExecutionInputOutput" (
    id text NOT NULL,
    name text NOT NULL,
    data jsonb,
    "time" timestamp(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
    "referencedByInputExecId" text,
    "referencedByOutputExecId" text,
    CONSTRAINT "AgentNodeExecutionInputOutput_pkey" PRIMARY KEY (id)
);

-- Columns that the platform gained over the years. The lock is short: only the catalog changes. All are looked for
-- first, since even a no-op ALTER TABLE has to wait for whoever uses the table.
DO $$
DECLARE
    missing record;
BEGIN
    FOR missing IN
        SELECT wanted.*
        FROM (VALUES
            ('AgentGraph', 'description', 'text'),
            ('AgentGraph', 'isActive', 'boolean NOT NULL DEFAULT true'),
            ('AgentBlock', 'description', 'text'),
            ('AgentNodeLink', 'isStatic', 'boolean NOT NULL DEFAULT false'),
            ('AgentGraphExecution', 'updatedAt', 'timestamp(3)'),
            ('AgentGraphExecution', 'startedAt', 'timestamp(3)'),
            ('AgentGraphExecution', 'endedAt', 'timestamp(3)'),
            ('AgentGraphExecution', 'isDeleted', 'boolean NOT NULL DEFAULT false'),
            ('AgentGraphExecution', 'agentPresetId', 'text'),
            ('AgentGraphExecution', 'inputs', 'jsonb'),
            ('AgentGraphExecution', 'credentialInputs', 'jsonb'),
            ('AgentGraphExecution', 'nodesInputMasks', 'jsonb'),
            ('AgentGraphExecution', 'stats', 'jsonb'),
            ('AgentGraphExecution', 'parentGraphExecutionId', 'text'),
            ('AgentGraphExecution', 'isShared', 'boolean NOT NULL DEFAULT false'),
            ('AgentGraphExecution', 'shareToken', 'text'),
            ('AgentGraphExecution', 'sharedAt', 'timestamp(3)'),
            ('AgentNodeExecution', 'executionData', 'jsonb'),
            ('AgentNodeExecution', 'stats', 'jsonb')
        ) AS wanted (table_name, column_name, definition)
        WHERE NOT EXISTS (
            SELECT FROM pg_attribute
            WHERE attrelid = to_regclass(quote_ident(table_name)) AND attname = column_name AND NOT attisdropped
        )
    LOOP
        EXECUTE format('ALTER TABLE %I ADD COLUMN %I %s', missing.table_name, missing.column_name, missing.definition);
    END LOOP;
END $$;

-- A platform database from before these columns had their present types cannot be adopted without rewriting its rows.
DO $$
DECLARE
    unfit text;
BEGIN
    SELECT string_agg(format('%I.%I is %s, not %s', table_name, column_name, actual_type, type_name), '; ')
    INTO unfit
    FROM (VALUES
        ('AgentNode', 'constantInput', 'jsonb'),
        ('AgentNode', 'metadata', 'jsonb'),
        ('AgentGraphExecution', 'executionStatus', '"AgentExecutionStatus"'),
        ('AgentGraphExecution', 'userId', 'text'),
        ('AgentGraphExecution', 'inputs', 'jsonb'),
        ('AgentGraphExecution', 'stats', 'jsonb'),
        ('AgentNodeExecution', 'executionStatus', '"AgentExecutionStatus"'),
        ('AgentNodeExecution', 'executionData', 'jsonb'),
        ('AgentNodeExecution', 'stats', 'jsonb'),
        ('AgentNodeExecutionInputOutput', 'data', 'jsonb')
    ) AS wanted (table_name, column_name, type_name)
    LEFT JOIN pg_attribute
        ON attrelid = to_regclass(quote_ident(table_name)) AND attname = column_name AND NOT attisdropped
    CROSS JOIN LATERAL (SELECT coalesce(format_type(atttypid, NULL), 'missing') AS actual_type) AS actual
    WHERE atttypid IS DISTINCT FROM to_regtype(type_name);

    IF unfit IS NOT NULL THEN
        RAISE EXCEPTION 'this platform database is too old to be adopted: %', unfit
            USING HINT = 'Bring it up to date with the platform''s own migrations, then migrate again.';
    END IF;
END $$;

-- The names are the platform's; the store maps them to client errors. In a table that already has rows a missing key
-- is added NOT VALID: new rows obey it, old rows are not judged, and no long scan holds a lock.
DO $$
DECLARE
    missing record;
    has_rows boolean;
BEGIN
    FOR missing IN
        SELECT wanted.*
        FROM (VALUES
            ('AgentNode', 'AgentNode_agentBlockId_fkey',
             '("agentBlockId") REFERENCES "AgentBlock" (id) ON DELETE RESTRICT ON UPDATE CASCADE'),
            ('AgentNode', 'AgentNode_agentGraphId_agentGraphVersion_fkey',
             '("agentGraphId", "agentGraphVersion") REFERENCES "AgentGraph" (id, version)
              ON DELETE CASCADE ON UPDATE CASCADE'),
            ('AgentNodeLink', 'AgentNodeLink_agentNodeSourceId_fkey',
             '("agentNodeSourceId") REFERENCES "AgentNode" (id) ON DELETE CASCADE ON UPDATE CASCADE'),
            ('AgentNodeLink', 'AgentNodeLink_agentNodeSinkId_fkey',
             '("agentNodeSinkId") REFERENCES "AgentNode" (id) ON DELETE CASCADE ON UPDATE CASCADE'),
            ('AgentGraphExecution', 'AgentGraphExecution_agentGraphId_agentGraphVersion_fkey',
             '("agentGraphId", "agentGraphVersion") REFERENCES "AgentGraph" (id, version)
              ON DELETE CASCADE ON UPDATE CASCADE'),
            ('AgentGraphExecution', 'AgentGraphExecution_parentGraphExecutionId_fkey',
             '("parentGraphExecutionId") REFERENCES "AgentGraphExecution" (id) ON DELETE SET NULL ON UPDATE CASCADE'),
            ('AgentNodeExecution', 'AgentNodeExecution_agentGraphExecutionId_fkey',
             '("agentGraphExecutionId") REFERENCES "AgentGraphExecution" (id) ON DELETE CASCADE ON UPDATE CASCADE'),
            ('AgentNodeExecution', 'AgentNodeExecution_agentNodeId_fkey',
             '("agentNodeId") REFERENCES "AgentNode" (id) ON DELETE CASCADE ON UPDATE CASCADE'),
            ('AgentNodeExecutionInputOutput', 'AgentNodeExecutionInputOutput_referencedByInputExecId_fkey',
             '("referencedByInputExecId") REFERENCES "AgentNodeExecution" (id) ON DELETE CASCADE ON UPDATE CASCADE'),
            ('AgentNodeExecutionInputOutput', 'AgentNodeExecutionInputOutput_referencedByOutputExecId_fkey',
             '("referencedByOutputExecId") REFERENCES "AgentNodeExecution" (id) ON DELETE CASCADE ON UPDATE CASCADE')
        ) AS wanted (table_name, constraint_name, definition)
        WHERE NOT EXISTS (
            SELECT FROM pg_constraint
            WHERE conrelid = to_regclass(quote_ident(table_name)) AND conname = constraint_name
        )
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', missing.table_name) INTO has_rows;
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I FOREIGN KEY %s %s', missing.table_name,
            missing.constraint_name, missing.definition, CASE WHEN has_rows THEN 'NOT VALID' ELSE '' END);
    END LOOP;
END $$;
