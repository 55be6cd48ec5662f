-- One step of the life of a database: new executions with nodes, reviews, changed versions, credits; then the views. One
-- transaction, and each statement is about all of its rows. The numbers are drawn of the seed and of what is there.
SELECT setseed($seed$);

-- 5 to 15 executions of up to 20 graphs, in the last week.
CREATE TEMPORARY TABLE new_execution ON COMMIT DROP AS
SELECT gen_random_uuid()::text AS id, graph.id AS graph_id, graph.version, owner.id AS user_id, started_at,
    (ARRAY['COMPLETED', 'FAILED', 'RUNNING'])[1 + floor(random() * 3)::int] AS status,
    round((0.1 + random() * 5)::numeric, 3) AS seconds, random() AS luck
FROM (SELECT id, version FROM "AgentGraph" WHERE "isActive" ORDER BY random() LIMIT 20) AS graph
CROSS JOIN LATERAL generate_series(1, 5 + (random() * 10)::int) AS turn
CROSS JOIN LATERAL (
    SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS place, count(*) OVER () AS places FROM "User") AS people
    WHERE place = 1 + abs(hashint8extended(turn, hashtext(graph.id))) % places) AS owner
CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE 'UTC') - random() * interval '7 days' AS started_at) AS times;

INSERT INTO "AgentGraphExecution" (id, "createdAt", "updatedAt", "startedAt", "endedAt", "executionStatus",
    "agentGraphId", "agentGraphVersion", "userId", stats)
SELECT id, started_at, started_at + seconds * interval '1 second', started_at,
    CASE WHEN status <> 'RUNNING' THEN started_at + seconds * interval '1 second' END, status::"AgentExecutionStatus",
    graph_id, version, user_id, CASE WHEN status <> 'RUNNING' THEN jsonb_build_object('cost', (luck * 30)::int,
        'walltime', seconds, 'node_count', 3, 'correctness_score', round(luck::numeric, 2)) END
FROM new_execution;

-- Up to three nodes of each, at times within their execution's.
INSERT INTO "AgentNodeExecution" (id, "agentGraphExecutionId", "agentNodeId", "executionStatus", "addedTime",
    "queuedTime", "startedTime", "endedTime")
SELECT gen_random_uuid()::text, execution.id, node.id, status::"AgentExecutionStatus", began, began, began,
    CASE WHEN status <> 'RUNNING' THEN began + seconds / 3 * interval '1 second' END
FROM new_execution execution
CROSS JOIN LATERAL (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM "AgentNode"
    WHERE "agentGraphId" = execution.graph_id AND "agentGraphVersion" = execution.version
    ORDER BY id LIMIT 3
) AS node
CROSS JOIN LATERAL (SELECT started_at + seconds * place / 3 * interval '1 second' AS began) AS times;

-- Two to five reviews of each approved version, by users that have not reviewed it.
INSERT INTO "StoreListingReview" (id, "storeListingVersionId", "reviewByUserId", score, comments)
SELECT gen_random_uuid()::text, version_id, user_id,
    (ARRAY[1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5])[1 + floor(random() * 20)::int],
    CASE WHEN random() < 0.7 THEN 'It did what it says.' END
FROM (
    SELECT version.id AS version_id, person.id AS user_id,
        row_number() OVER (PARTITION BY version.id ORDER BY random()) AS place,
        2 + abs(hashtext(version.id)) % 4 AS wanted
    FROM "StoreListingVersion" version
    CROSS JOIN (SELECT id FROM "User" ORDER BY random() LIMIT 50) AS person
    WHERE version."submissionStatus" = 'APPROVED' AND NOT EXISTS (
        SELECT FROM "StoreListingReview" review
        WHERE review."storeListingVersionId" = version.id AND review."reviewByUserId" = person.id)
) AS candidate
WHERE place <= wanted;

-- Other categories for up to ten approved versions, and now and then another place in the window.
UPDATE "StoreListingVersion"
SET categories = ARRAY(
        SELECT category FROM unnest(ARRAY['productivity', 'ai', 'automation', 'data', 'social', 'marketing',
            'development', 'analytics']) AS category
        ORDER BY md5(category || id || random()) LIMIT 3),
    "isFeatured" = "isFeatured" <> (random() < 0.3), "updatedAt" = now() AT TIME ZONE 'UTC'
WHERE id IN (SELECT id FROM "StoreListingVersion" WHERE "submissionStatus" = 'APPROVED' ORDER BY random() LIMIT 10);

-- One to three transactions for up to 30 users: money in, or money spent as far as there is any. Each user's balance is
-- followed by the running one.
CREATE TEMPORARY TABLE new_credit ON COMMIT DROP AS
WITH turn AS (
    SELECT person.id AS user_id, turn,
        CASE WHEN turn = 1 THEN 'TOP_UP' WHEN turn = 2 THEN 'USAGE' ELSE 'GRANT' END AS type,
        CASE turn WHEN 1 THEN 10 + floor(random() * 490)::int WHEN 2 THEN -(1 + floor(random() * 10)::int)
            ELSE 1 + floor(random() * 50)::int END AS amount
    FROM (SELECT id, 1 + floor(random() * 3)::int AS turns FROM "User" ORDER BY random() LIMIT 30) AS person,
        generate_series(1, person.turns) AS turn
)
SELECT turn.*, coalesce(balance, 0) + sum(amount) OVER (PARTITION BY user_id ORDER BY turn) AS running_balance
FROM turn
LEFT JOIN "UserBalance" ON "userId" = user_id;

INSERT INTO "CreditTransaction" ("userId", amount, type, "runningBalance", metadata, "createdAt")
SELECT user_id, amount, type::"CreditTransactionType", running_balance, '{"source": "cargo xtask data update"}',
    (now() AT TIME ZONE 'UTC') + turn * interval '1 ms'
FROM new_credit;

INSERT INTO "UserBalance" ("userId", balance)
SELECT DISTINCT ON (user_id) user_id, running_balance FROM new_credit ORDER BY user_id, turn DESC
ON CONFLICT ("userId") DO UPDATE SET balance = excluded.balance, "updatedAt" = now() AT TIME ZONE 'UTC';

SELECT refresh_store_materialized_views();
