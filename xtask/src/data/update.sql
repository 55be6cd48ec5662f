-- One step of the life of a database: new executions with nodes, reviews, changed versions, credits; then the views. One
-- transaction, and each statement is about all of its rows. The numbers are drawn of the seed and of what is there.
--
-- Before it: the temporary tables data_range (name, least, most) and data_made (what, count), and setseed. What is drawn
-- for each row stands in a MATERIALIZED query that has that row: anywhere else it could be drawn once for all.
CREATE FUNCTION pg_temp.drawn(p_name text) RETURNS integer LANGUAGE sql VOLATILE AS
    'SELECT least + floor(random() * (most - least + 1))::integer FROM pg_temp.data_range WHERE name = p_name';

CREATE TEMPORARY TABLE data_user ON COMMIT DROP AS
SELECT id, row_number() OVER () AS place FROM (SELECT id FROM "User" ORDER BY random() LIMIT 50) AS people;

-- Executions of some graphs, in the last week.
CREATE TEMPORARY TABLE data_execution ON COMMIT DROP AS
WITH graph AS MATERIALIZED (
    SELECT id, version, pg_temp.drawn('executions') AS turns
    FROM (
        SELECT id, version FROM "AgentGraph" WHERE "isActive"
        ORDER BY random() LIMIT (SELECT most FROM pg_temp.data_range WHERE name = 'graphs')
    ) AS picked
),
drawn AS MATERIALIZED (
    SELECT graph.id AS graph_id, graph.version, random() AS luck, 0.1 + random() * 5 AS seconds,
        1 + floor(random() * (SELECT count(*) FROM pg_temp.data_user))::int AS user_place,
        (ARRAY['COMPLETED', 'FAILED', 'RUNNING'])[1 + floor(random() * 3)::int] AS status,
        ((now() AT TIME ZONE 'UTC') - random() * interval '7 days')::timestamp(3) AS started_at
    FROM graph CROSS JOIN LATERAL generate_series(1, graph.turns) AS turn
)
SELECT gen_random_uuid()::text AS id, graph_id, version, data_user.id AS user_id, luck, round(seconds::numeric, 3) AS seconds,
    status, started_at
FROM drawn
JOIN pg_temp.data_user ON data_user.place = user_place;

WITH made AS (
    INSERT INTO "AgentGraphExecution" (id, "createdAt", "updatedAt", "startedAt", "endedAt", "executionStatus",
        "agentGraphId", "agentGraphVersion", "userId", stats)
    SELECT id, started_at, started_at + seconds * interval '1 second', started_at,
        CASE WHEN status <> 'RUNNING' THEN started_at + seconds * interval '1 second' END,
        status::"AgentExecutionStatus", graph_id, version, user_id,
        CASE WHEN status <> 'RUNNING' THEN jsonb_build_object('cost', (luck * 30)::int,
            'walltime', seconds, 'node_count', 3, 'correctness_score', round(luck::numeric, 2)) END
    FROM pg_temp.data_execution
    RETURNING 1
)
INSERT INTO pg_temp.data_made SELECT 'executions', count(*) FROM made;

-- Up to three nodes of each, at times within their execution's.
WITH made AS (
    INSERT INTO "AgentNodeExecution" (id, "agentGraphExecutionId", "agentNodeId", "executionStatus", "addedTime",
        "queuedTime", "startedTime", "endedTime")
    SELECT gen_random_uuid()::text, execution.id, node.id, status::"AgentExecutionStatus", began, began, began,
        CASE WHEN status <> 'RUNNING' THEN began + seconds / 3 * interval '1 second' END
    FROM pg_temp.data_execution execution
    CROSS JOIN LATERAL (
        SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM "AgentNode"
        WHERE "agentGraphId" = execution.graph_id AND "agentGraphVersion" = execution.version
        ORDER BY id LIMIT 3
    ) AS node
    CROSS JOIN LATERAL (SELECT started_at + seconds * place / 3 * interval '1 second' AS began) AS times
    RETURNING 1
)
INSERT INTO pg_temp.data_made SELECT 'node executions', count(*) FROM made;

-- Reviews of one approved version of each listing, by users that have not reviewed it.
WITH version AS MATERIALIZED (
    SELECT id, pg_temp.drawn('reviews') AS wanted
    FROM (
        SELECT DISTINCT ON ("storeListingId") version.id
        FROM "StoreListingVersion" version
        JOIN "StoreListing" listing ON listing.id = version."storeListingId"
        WHERE version."submissionStatus" = 'APPROVED' AND listing."hasApprovedVersion" AND NOT listing."isDeleted"
        ORDER BY "storeListingId", random()
    ) AS approved
    ORDER BY random()
    LIMIT 30
),
made AS (
    INSERT INTO "StoreListingReview" (id, "storeListingVersionId", "reviewByUserId", score, comments)
    SELECT gen_random_uuid()::text, version_id, user_id,
        (ARRAY[1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5])[1 + floor(random() * 20)::int],
        CASE WHEN random() < 0.7 THEN 'It did what it says.' END
    FROM (
        SELECT version.id AS version_id, person.id AS user_id, wanted,
            row_number() OVER (PARTITION BY version.id ORDER BY random()) AS place
        FROM version
        CROSS JOIN pg_temp.data_user AS person
        WHERE NOT EXISTS (
            SELECT FROM "StoreListingReview" review
            WHERE review."storeListingVersionId" = version.id AND review."reviewByUserId" = person.id)
    ) AS candidate
    WHERE place <= wanted
    ON CONFLICT DO NOTHING
    RETURNING 1
)
INSERT INTO pg_temp.data_made SELECT 'reviews', count(*) FROM made;

-- Other categories for some approved versions, and now and then another place in the window.
WITH chosen AS MATERIALIZED (
    SELECT id, pg_temp.drawn('categories') AS wanted, random() < 0.3 AS moves
    FROM (
        SELECT id FROM "StoreListingVersion" WHERE "submissionStatus" = 'APPROVED'
        ORDER BY random() LIMIT (SELECT most FROM pg_temp.data_range WHERE name = 'versions')
    ) AS picked
),
made AS (
    UPDATE "StoreListingVersion" version
    SET categories = ARRAY(
            SELECT category FROM unnest(ARRAY['productivity', 'ai', 'automation', 'data', 'social', 'marketing',
                'development', 'analytics']) AS category
            ORDER BY md5(category || version.id || random()) LIMIT chosen.wanted),
        "isFeatured" = "isFeatured" <> moves, "updatedAt" = now() AT TIME ZONE 'UTC'
    FROM chosen
    WHERE version.id = chosen.id
    RETURNING 1
)
INSERT INTO pg_temp.data_made SELECT 'changed versions', count(*) FROM made;

-- Transactions for some users, as the ledger itself makes them: the balance is locked first, in the order of users, and
-- a user without one has what the transactions come to. Who has little gets money; nobody spends what is not there.
CREATE TEMPORARY TABLE data_spender ON COMMIT DROP AS
SELECT id AS user_id FROM pg_temp.data_user
ORDER BY random() LIMIT (SELECT most FROM pg_temp.data_range WHERE name = 'users');

INSERT INTO "UserBalance" ("userId", balance)
SELECT user_id, coalesce((
    SELECT sum(amount) FROM "CreditTransaction" WHERE "userId" = user_id AND "isActive"), 0)
FROM pg_temp.data_spender
ORDER BY user_id
ON CONFLICT DO NOTHING;

CREATE TEMPORARY TABLE data_account ON COMMIT DROP AS
SELECT "userId" AS user_id, balance FROM "UserBalance"
WHERE "userId" IN (SELECT user_id FROM pg_temp.data_spender)
ORDER BY "userId"
FOR NO KEY UPDATE;

CREATE TEMPORARY TABLE data_credit ON COMMIT DROP AS
WITH account AS MATERIALIZED (
    SELECT user_id, balance, pg_temp.drawn('transactions') AS turns,
        (SELECT most FROM pg_temp.data_range WHERE name = 'transactions') * 50 <= balance - (
            SELECT coalesce(sum(amount), 0) FROM runledger.credit_holds hold
            WHERE hold.user_id = data_account.user_id AND ended_at IS NULL AND expires_at > clock_timestamp()) AS may_spend,
        greatest(clock_timestamp() AT TIME ZONE 'UTC', (
            SELECT max("createdAt") FROM "CreditTransaction" WHERE "userId" = user_id)) AS at
    FROM pg_temp.data_account
),
drawn AS MATERIALIZED (
    SELECT user_id, balance, turn, at + turn * interval '1 ms' AS at,
        (ARRAY['TOP_UP', 'GRANT', 'USAGE'])[1 + floor(random() * CASE WHEN may_spend THEN 3 ELSE 2 END)::int] AS type,
        10 + floor(random() * 491)::int AS much, 1 + floor(random() * 50)::int AS little
    FROM account CROSS JOIN LATERAL generate_series(1, turns) AS turn
),
amounts AS (
    SELECT *, CASE type WHEN 'TOP_UP' THEN much WHEN 'GRANT' THEN little ELSE -little END AS amount FROM drawn
)
SELECT user_id, type, amount, at, balance + sum(amount) OVER (PARTITION BY user_id ORDER BY turn) AS running_balance
FROM amounts;

WITH made AS (
    INSERT INTO "CreditTransaction" ("userId", amount, type, "runningBalance", metadata, "createdAt")
    SELECT user_id, amount, type::"CreditTransactionType", running_balance, '{"source": "cargo xtask data update"}', at
    FROM pg_temp.data_credit
    RETURNING 1
)
INSERT INTO pg_temp.data_made SELECT 'credit transactions', count(*) FROM made;

UPDATE "UserBalance"
SET balance = balance + total.amount, "updatedAt" = now() AT TIME ZONE 'UTC'
FROM (SELECT user_id, sum(amount) AS amount FROM pg_temp.data_credit GROUP BY user_id) AS total
WHERE "userId" = user_id;

SELECT refresh_store_materialized_views();
