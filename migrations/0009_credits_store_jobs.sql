-- The platform's tables for credits and its store, and the two views over runs and reviews. As in the first migration,
-- what an adopted database has already stays as it is.

DO $$
BEGIN
    IF to_regtype('"CreditTransactionType"') IS NULL THEN
        CREATE TYPE "CreditTransactionType" AS ENUM ('TOP_UP', 'USAGE', 'GRANT', 'REFUND', 'CARD_CHECK');
    END IF;
    IF to_regtype('"SubmissionStatus"') IS NULL THEN
        CREATE TYPE "SubmissionStatus" AS ENUM ('DRAFT', 'PENDING', 'APPROVED', 'REJECTED');
    END IF;
END $$;

CREATE TABLE IF NOT EXISTS "CreditTransaction" (
    "transactionKey" text NOT NULL DEFAULT gen_random_uuid()::text,
    "createdAt" timestamp(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
    "userId" text NOT NULL,
    amount integer NOT NULL,
    type "CreditTransactionType" NOT NULL,
    "runningBalance" integer,
    "isActive" boolean NOT NULL DEFAULT true,
    metadata jsonb,
    CONSTRAINT "CreditTransaction_pkey" PRIMARY KEY ("transactionKey", "userId")
);
CREATE INDEX IF NOT EXISTS "CreditTransaction_userId_createdAt_idx" ON "CreditTransaction" ("userId", "createdAt");

CREATE TABLE IF NOT EXISTS "UserBalance" (
    "userId" text NOT NULL,
    balance integer NOT NULL DEFAULT 0,
    "updatedAt" timestamp(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
    CONSTRAINT "UserBalance_pkey" PRIMARY KEY ("userId")
);

CREATE TABLE IF NOT EXISTS "StoreListing" (
    id text NOT NULL,
    "createdAt" timestamp(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
    "updatedAt" timestamp(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
    "isDeleted" boolean NOT NULL DEFAULT false,
    "hasApprovedVersion" boolean NOT NULL DEFAULT false,
    slug text NOT NULL,
    "activeVersionId" text,
    "agentGraphId" text NOT NULL,
    "agentGraphVersion" integer NOT NULL,
    "owningUserId" text NOT NULL,
    CONSTRAINT "StoreListing_pkey" PRIMARY KEY (id),
    CONSTRAINT "StoreListing_agentGraphId_agentGraphVersion_fkey" FOREIGN KEY ("agentGraphId", "agentGraphVersion")
        REFERENCES "AgentGraph" (id, version) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "StoreListing_owningUserId_slug_key" UNIQUE ("owningUserId", slug),
    CONSTRAINT "StoreListing_agentGraphId_key" UNIQUE ("agentGraphId")
);

CREATE TABLE IF NOT EXISTS "StoreListingVersion" (
    id text NOT NULL,
    version integer NOT NULL DEFAULT 1,
    "createdAt" timestamp(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
    "updatedAt" timestamp(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
    "agentGraphId" text NOT NULL,
    "agentGraphVersion" integer NOT NULL,
    name text NOT NULL,
    "subHeading" text NOT NULL,
    "videoUrl" text,
    "imageUrls" text[],
    description text NOT NULL,
    categories text[],
    "isFeatured" boolean NOT NULL DEFAULT false,
    "isDeleted" boolean NOT NULL DEFAULT false,
    "isAvailable" boolean NOT NULL DEFAULT true,
    "submissionStatus" "SubmissionStatus" NOT NULL DEFAULT 'DRAFT',
    "submittedAt" timestamp(3),
    "reviewedAt" timestamp(3),
    "storeListingId" text NOT NULL,
    CONSTRAINT "StoreListingVersion_pkey" PRIMARY KEY (id),
    CONSTRAINT "StoreListingVersion_agentGraphId_agentGraphVersion_fkey" FOREIGN KEY ("agentGraphId", "agentGraphVersion")
        REFERENCES "AgentGraph" (id, version) ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "StoreListingVersion_storeListingId_fkey" FOREIGN KEY ("storeListingId")
        REFERENCES "StoreListing" (id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "StoreListingVersion_storeListingId_version_key" UNIQUE ("storeListingId", version)
);

CREATE TABLE IF NOT EXISTS "StoreListingReview" (
    id text NOT NULL,
    "createdAt" timestamp(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
    "updatedAt" timestamp(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
    "storeListingVersionId" text NOT NULL,
    "reviewByUserId" text NOT NULL,
    score integer NOT NULL,
    comments text,
    CONSTRAINT "StoreListingReview_pkey" PRIMARY KEY (id),
    CONSTRAINT "StoreListingReview_score_check" CHECK (score BETWEEN 1 AND 5),
    -- Nobody reviews a version twice.
    CONSTRAINT "StoreListingReview_storeListingVersionId_reviewByUserId_key"
        UNIQUE ("storeListingVersionId", "reviewByUserId"),
    CONSTRAINT "StoreListingReview_storeListingVersionId_fkey" FOREIGN KEY ("storeListingVersionId")
        REFERENCES "StoreListingVersion" (id) ON DELETE CASCADE ON UPDATE CASCADE
);

-- How often each graph was run, deleted runs too: hiding a run does not undo it. The unique indexes are what a refresh
-- CONCURRENTLY needs.
CREATE MATERIALIZED VIEW IF NOT EXISTS mv_agent_run_counts AS
SELECT "agentGraphId", count(*) AS run_count
FROM "AgentGraphExecution"
GROUP BY "agentGraphId";
CREATE UNIQUE INDEX IF NOT EXISTS idx_mv_agent_run_counts ON mv_agent_run_counts ("agentGraphId");

CREATE MATERIALIZED VIEW IF NOT EXISTS mv_review_stats AS
SELECT listing.id AS "storeListingId", count(review.id) AS review_count, avg(review.score::numeric) AS avg_rating
FROM "StoreListing" listing
JOIN "StoreListingVersion" version ON version."storeListingId" = listing.id
LEFT JOIN "StoreListingReview" review ON review."storeListingVersionId" = version.id
WHERE NOT listing."isDeleted"
GROUP BY listing.id;
CREATE UNIQUE INDEX IF NOT EXISTS idx_mv_review_stats ON mv_review_stats ("storeListingId");

-- With the rights of the views' owner, since nobody else may refresh them.
DO $make$
BEGIN
    IF to_regprocedure('refresh_store_materialized_views()') IS NULL THEN
        EXECUTE format($create$
            CREATE FUNCTION refresh_store_materialized_views() RETURNS void
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = %I, pg_temp
            AS $$
            BEGIN
                REFRESH MATERIALIZED VIEW CONCURRENTLY mv_agent_run_counts;
                REFRESH MATERIALIZED VIEW CONCURRENTLY mv_review_stats;
            END $$
            $create$, current_schema());
    END IF;
END $make$;

-- One row for each scheduled job. A run holds the lease until it ends or until the lease runs out, whichever is first:
-- of two runs at once one works, and a run that dies is followed by the next. Only the run that took the lease last may
-- give it back.
CREATE TABLE runledger.jobs (
    name text PRIMARY KEY,
    lease text,
    lease_until timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    outcome jsonb
);

-- What the scan for falling accuracy has found. An alert is open until its graph recovers, and a user's graph has at most
-- one that is open. `notified_at` is null until somebody was told.
CREATE TABLE runledger.accuracy_alerts (
    id text PRIMARY KEY DEFAULT gen_random_uuid()::text,
    graph_id text NOT NULL,
    user_id text NOT NULL,
    drop_percent numeric NOT NULL,
    three_day_avg numeric NOT NULL,
    seven_day_avg numeric NOT NULL,
    detected_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    recovered_at timestamptz,
    notified_at timestamptz
);
CREATE UNIQUE INDEX accuracy_alerts_open ON runledger.accuracy_alerts (graph_id, user_id) WHERE recovered_at IS NULL;
CREATE INDEX accuracy_alerts_detected_at ON runledger.accuracy_alerts (detected_at);
