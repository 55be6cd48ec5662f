-- Sums over executions, kept by triggers in the transaction of whatever changes them, so that history costs nothing to
-- ask about: docs/decisions/0050-rollups-in-bags.md.

-- What an execution's stats add to a sum. `readable` is 1 where GraphExecutionStats::from_stored of shared/models reads
-- them, else 0, and then nothing else counts either; the end-to-end suite holds the two definitions together. Numbers
-- stay numeric, so that what is added and later taken off leaves nothing behind.
--
-- A count may be written with a fraction of zero (3.0), and is judged as the double that it is read as. A double can
-- only be made of what is inside its range.
CREATE FUNCTION runledger.is_count(p_value jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN p_value IS NULL THEN true
        WHEN jsonb_typeof(p_value) <> 'number' THEN false
        WHEN scale(p_value::numeric) = 0
            THEN p_value::numeric BETWEEN -9223372036854775808 AND 9223372036854775807
        WHEN abs(p_value::numeric) >= 9e15 THEN false
        WHEN abs(p_value::numeric) < 1e-300 THEN true
        ELSE floor(p_value::numeric::float8) = p_value::numeric::float8 AND abs(p_value::numeric::float8) < 9e15
    END
$$;

CREATE FUNCTION runledger.is_double(p_value jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN p_value IS NULL THEN true
        WHEN jsonb_typeof(p_value) <> 'number' THEN false
        ELSE abs(p_value::numeric) <= 1.7976931348623157e308
    END
$$;

CREATE FUNCTION runledger.is_text(p_value jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT p_value IS NULL OR jsonb_typeof(p_value) IN ('string', 'null')
$$;

CREATE TYPE runledger.read_stats AS (readable integer, cost numeric, duration numeric, score numeric);

CREATE FUNCTION runledger.read_stats(p_stats jsonb) RETURNS runledger.read_stats
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    v_score jsonb;
BEGIN
    -- No stats yet is what most writes find.
    IF p_stats IS NULL OR jsonb_typeof(p_stats) <> 'object' THEN
        RETURN ROW (0, 0, 0, NULL)::runledger.read_stats;
    END IF;
    v_score := nullif(p_stats -> 'correctness_score', 'null');
    IF runledger.is_count(p_stats -> 'cost') AND runledger.is_count(p_stats -> 'node_count')
        AND runledger.is_count(p_stats -> 'node_error_count')
        AND runledger.is_double(p_stats -> 'walltime') AND runledger.is_double(p_stats -> 'cputime')
        AND runledger.is_double(p_stats -> 'nodes_walltime') AND runledger.is_double(p_stats -> 'nodes_cputime')
        AND runledger.is_text(p_stats -> 'error') AND runledger.is_text(p_stats -> 'activity_status')
        AND runledger.is_double(v_score)
    THEN
        RETURN ROW (1, coalesce(round((p_stats -> 'cost')::numeric), 0), coalesce((p_stats -> 'walltime')::numeric, 0),
            v_score::numeric);
    END IF;
    RETURN ROW (0, 0, 0, NULL)::runledger.read_stats;
END $$;

-- The sums of one user's executions of one graph, created in one bucket of time: a day ('d'), an hour ('h') or a minute
-- ('m'), all in UTC. Executions that are deleted count nowhere.
--
-- A bucket may have several rows, which are to be added up: a writer takes one that nobody else has locked, or else
-- starts another, so that no writer ever waits for another one here, nor in a circle with it. `part` tells them apart.
CREATE TABLE runledger.execution_rollups (
    user_id text COLLATE "C" NOT NULL,
    graph_id text COLLATE "C" NOT NULL,
    grain "char" NOT NULL,
    bucket timestamp(3) NOT NULL,
    part bigint GENERATED ALWAYS AS IDENTITY,
    executions bigint NOT NULL,
    completed bigint NOT NULL,
    failed bigint NOT NULL,
    terminated bigint NOT NULL,
    -- Those whose stats can be read, with their cost in cents and their duration in seconds.
    with_stats bigint NOT NULL,
    cost numeric NOT NULL,
    duration numeric NOT NULL,
    -- Those that are finished and have a score (0 to 1), and the sum of their scores.
    scored bigint NOT NULL,
    score numeric NOT NULL,
    CONSTRAINT execution_rollups_pkey PRIMARY KEY (user_id, grain, bucket, graph_id, part)
) WITH (fillfactor = 70);

-- The days of a graph, whoever ran it.
CREATE INDEX execution_rollups_of_graph ON runledger.execution_rollups (graph_id, bucket) WHERE grain = 'd';
-- What everybody did in some time. Rows are added about in the order of time, so that this costs writers next to nothing.
CREATE INDEX execution_rollups_bucket ON runledger.execution_rollups
    USING brin (bucket timestamp_minmax_multi_ops) WITH (pages_per_range = 16, autosummarize = on);

-- What is counted of some executions.
CREATE TYPE runledger.rollup_sums AS (
    executions bigint, completed bigint, failed bigint, terminated bigint, with_stats bigint, cost numeric,
    duration numeric, scored bigint, score numeric
);

-- What one execution counts for; with the sign -1, what it no longer does.
CREATE FUNCTION runledger.rollup_sums_of(p_sign integer, p_status text, p_stats jsonb) RETURNS runledger.rollup_sums
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    v_sums runledger.rollup_sums := (p_sign, 0, 0, 0, 0, 0, 0, 0, 0);
    v_read runledger.read_stats;
BEGIN
    IF p_status = 'COMPLETED' THEN v_sums.completed := p_sign;
    ELSIF p_status = 'FAILED' THEN v_sums.failed := p_sign;
    ELSIF p_status = 'TERMINATED' THEN v_sums.terminated := p_sign;
    END IF;
    IF p_stats IS NOT NULL THEN
        v_read := runledger.read_stats(p_stats);
        v_sums.with_stats := p_sign * v_read.readable;
        v_sums.cost := p_sign * v_read.cost;
        v_sums.duration := p_sign * v_read.duration;
        IF v_read.score IS NOT NULL AND p_status IN ('COMPLETED', 'FAILED', 'TERMINATED') THEN
            v_sums.scored := p_sign;
            v_sums.score := p_sign * v_read.score;
        END IF;
    END IF;
    RETURN v_sums;
END $$;

CREATE FUNCTION runledger.add_sums(a runledger.rollup_sums, b runledger.rollup_sums) RETURNS runledger.rollup_sums
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
    RETURN (a.executions + b.executions, a.completed + b.completed, a.failed + b.failed, a.terminated + b.terminated,
        a.with_stats + b.with_stats, a.cost + b.cost, a.duration + b.duration, a.scored + b.scored,
        a.score + b.score)::runledger.rollup_sums;
END $$;

-- Adds to a rollup, to a row that nobody else has locked, else to a new one, and returns what is left to add: nothing.
--
-- In a transaction with one snapshot for all of its statements, a row that another writer has changed since cannot be
-- changed any more; there the sums always become a row of their own.
CREATE FUNCTION runledger.add_to_rollup(
    p_user_id text, p_graph_id text, p_grain "char", p_bucket timestamp, p_sums runledger.rollup_sums
) RETURNS runledger.rollup_sums
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_nothing CONSTANT runledger.rollup_sums := (0, 0, 0, 0, 0, 0, 0, 0, 0);
BEGIN
    IF p_sums = v_nothing THEN
        RETURN v_nothing;
    END IF;
    UPDATE runledger.execution_rollups
    SET executions = executions + p_sums.executions, completed = completed + p_sums.completed,
        failed = failed + p_sums.failed, terminated = terminated + p_sums.terminated,
        with_stats = with_stats + p_sums.with_stats, cost = cost + p_sums.cost, duration = duration + p_sums.duration,
        scored = scored + p_sums.scored, score = score + p_sums.score
    WHERE user_id = p_user_id AND grain = p_grain AND bucket = p_bucket AND graph_id = p_graph_id
        AND part = (
            SELECT part FROM runledger.execution_rollups
            WHERE user_id = p_user_id AND grain = p_grain AND bucket = p_bucket AND graph_id = p_graph_id
                AND current_setting('transaction_isolation') = 'read committed'
            LIMIT 1
            FOR NO KEY UPDATE SKIP LOCKED);
    IF NOT FOUND THEN
        INSERT INTO runledger.execution_rollups (user_id, graph_id, grain, bucket, executions, completed, failed,
            terminated, with_stats, cost, duration, scored, score)
        VALUES (p_user_id, p_graph_id, p_grain, p_bucket, p_sums.executions, p_sums.completed, p_sums.failed,
            p_sums.terminated, p_sums.with_stats, p_sums.cost, p_sums.duration, p_sums.scored, p_sums.score);
    END IF;
    RETURN v_nothing;
END $$;

CREATE AGGREGATE runledger.sum_up(runledger.rollup_sums) (
    SFUNC = runledger.add_sums,
    STYPE = runledger.rollup_sums,
    INITCOND = '(0,0,0,0,0,0,0,0,0)',
    PARALLEL = SAFE
);

-- While executions from before the rollups are still to be added: those with an id up to `counted_to` are. The row goes
-- with the last of them. A database that starts empty never has it.
CREATE TABLE runledger.rollup_backfill (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    counted_to text NOT NULL,
    counted bigint NOT NULL DEFAULT 0
);

-- A writer holds this lock shared until its end, and the backfill alone while it adds a batch: it then sees all that
-- writers did before, and they see how far it came.
CREATE FUNCTION runledger.rollup_backfill_lock() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 3604117580285161300 $$;

-- How far executions are counted; NULL for all of them.
CREATE FUNCTION runledger.rollups_counted_to() RETURNS text LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM runledger.rollup_backfill) THEN
        RETURN NULL;
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE serialization_failure USING
            MESSAGE = 'executions can only be written in READ COMMITTED until the rollups are complete',
            HINT = 'cargo xtask data backfill completes them.';
    END IF;
    PERFORM pg_advisory_xact_lock_shared(runledger.rollup_backfill_lock());
    RETURN (SELECT counted_to FROM runledger.rollup_backfill);
END $$;

-- The same for rows from several places: what a statement inserted, changed or deleted. Transition tables have names
-- only inside of the trigger's own function, so the functions are made here, of one text. `sign` is -1 for a row as it
-- was and 1 for a row as it is: what did not change cancels out. The rows come in the order of the rollups, so that each
-- minute, hour and day is added up first and written once, however many rows a statement is about. They have the rights
-- of their owner: whoever may write executions, such as the platform, need not know of rollups.
DO $make$
DECLARE
    v_made record;
BEGIN
    FOR v_made IN
        SELECT * FROM (VALUES
            ('insert', 'NEW TABLE AS added', 'SELECT 1 AS sign, added.* FROM added', 'false'),
            ('update', 'OLD TABLE AS removed NEW TABLE AS added',
             'SELECT 1 AS sign, added.* FROM added UNION ALL SELECT -1, removed.* FROM removed',
             'current_setting(''runledger.counts_changed'', true) IS DISTINCT FROM ''on'''),
            ('delete', 'OLD TABLE AS removed', 'SELECT -1 AS sign, removed.* FROM removed', 'false')
        ) AS made (event, transition_tables, source, needless)
    LOOP
        EXECUTE format($create$
            CREATE FUNCTION runledger.roll_up_%1$s() RETURNS trigger LANGUAGE plpgsql VOLATILE
            SECURITY DEFINER SET search_path = pg_catalog, pg_temp
            AS $function$
            DECLARE
                v_counted_to text;
                v_minute runledger.rollup_sums := (0, 0, 0, 0, 0, 0, 0, 0, 0);
                v_hour runledger.rollup_sums := v_minute;
                v_day runledger.rollup_sums := v_minute;
                v_user_id text;
                v_graph_id text;
                v_at timestamp;
                v_row record;
                v_depth integer;
            BEGIN
                IF %4$s THEN
                    RETURN NULL;
                END IF;
                v_counted_to := runledger.rollups_counted_to();
                FOR v_row IN
                    SELECT "userId" AS user_id, "agentGraphId" AS graph_id, date_trunc('minute', "createdAt") AS minute,
                        sign, "executionStatus"::text AS status, stats
                    FROM (%2$s) AS rows
                    WHERE NOT "isDeleted" AND (v_counted_to IS NULL OR id <= v_counted_to)
                    ORDER BY 1, 2, 3
                LOOP
                    -- How many of minute, hour and day end before this row.
                    v_depth := CASE
                        WHEN v_at IS NULL OR (v_row.minute = v_at AND v_row.user_id = v_user_id
                            AND v_row.graph_id = v_graph_id) THEN 0
                        WHEN v_row.user_id <> v_user_id OR v_row.graph_id <> v_graph_id
                            OR date_trunc('day', v_row.minute) <> date_trunc('day', v_at) THEN 3
                        WHEN date_trunc('hour', v_row.minute) <> date_trunc('hour', v_at) THEN 2
                        ELSE 1
                    END;
                    IF v_depth > 0 THEN
                        v_hour := runledger.add_sums(v_hour, v_minute);
                        v_minute := runledger.add_to_rollup(v_user_id, v_graph_id, 'm', v_at, v_minute);
                    END IF;
                    IF v_depth > 1 THEN
                        v_day := runledger.add_sums(v_day, v_hour);
                        v_hour := runledger.add_to_rollup(v_user_id, v_graph_id, 'h', date_trunc('hour', v_at), v_hour);
                    END IF;
                    IF v_depth > 2 THEN
                        v_day := runledger.add_to_rollup(v_user_id, v_graph_id, 'd', date_trunc('day', v_at), v_day);
                    END IF;
                    v_user_id := v_row.user_id;
                    v_graph_id := v_row.graph_id;
                    v_at := v_row.minute;
                    v_minute := runledger.add_sums(v_minute,
                        runledger.rollup_sums_of(v_row.sign, v_row.status, v_row.stats));
                END LOOP;
                IF v_at IS NOT NULL THEN
                    v_hour := runledger.add_sums(v_hour, v_minute);
                    v_day := runledger.add_sums(v_day, v_hour);
                    v_minute := runledger.add_to_rollup(v_user_id, v_graph_id, 'm', v_at, v_minute);
                    v_hour := runledger.add_to_rollup(v_user_id, v_graph_id, 'h', date_trunc('hour', v_at), v_hour);
                    v_day := runledger.add_to_rollup(v_user_id, v_graph_id, 'd', date_trunc('day', v_at), v_day);
                END IF;
                RETURN NULL;
            END $function$;
            CREATE TRIGGER runledger_roll_up_%1$s AFTER %1$s ON "AgentGraphExecution" REFERENCING %3$s
            FOR EACH STATEMENT EXECUTE FUNCTION runledger.roll_up_%1$s()
            $create$, v_made.event, v_made.source, v_made.transition_tables, v_made.needless);
    END LOOP;
END $make$;

-- Most updates change nothing that is counted; this tells the trigger above, until the transaction's end, that one did.
-- It is not taken back, since a statement of somebody's trigger may come between. The condition stands in the body, as a
-- WHEN clause is read anew for each statement, which costs more than the call.
CREATE FUNCTION runledger.note_counts_changed() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    IF OLD."executionStatus" <> NEW."executionStatus" AND (OLD."executionStatus" IN ('COMPLETED', 'FAILED', 'TERMINATED')
            OR NEW."executionStatus" IN ('COMPLETED', 'FAILED', 'TERMINATED'))
        OR OLD."isDeleted" <> NEW."isDeleted" OR OLD.stats IS DISTINCT FROM NEW.stats
        OR OLD."userId" <> NEW."userId" OR OLD."agentGraphId" <> NEW."agentGraphId"
        OR OLD."createdAt" <> NEW."createdAt" OR OLD.id <> NEW.id
    THEN
        PERFORM set_config('runledger.counts_changed', 'on', true);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER runledger_note_counts_changed AFTER UPDATE ON "AgentGraphExecution" FOR EACH ROW
EXECUTE FUNCTION runledger.note_counts_changed();

-- TRUNCATE tells nobody about rows.
CREATE FUNCTION runledger.clear_rollups() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM runledger.execution_rollups;
    DELETE FROM runledger.rollup_backfill;
    RETURN NULL;
END $$;

CREATE TRIGGER runledger_clear_rollups AFTER TRUNCATE ON "AgentGraphExecution"
FOR EACH STATEMENT EXECUTE FUNCTION runledger.clear_rollups();

-- Adds the next executions, in the order of their ids, that were there before the triggers. Returns how many; NULL once
-- there are no more. Each call has to be a transaction of its own. Writers wait while it works, so give it a limit that is
-- done in a moment; it waits for them at most a fifth of a second (lock_not_available), to be called again.
CREATE FUNCTION runledger.backfill_rollups(p_limit integer) RETURNS bigint LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_from text;
    v_to text;
    v_count bigint;
    v_sum record;
BEGIN
    PERFORM set_config('lock_timeout', '200ms', true);
    PERFORM pg_advisory_xact_lock(runledger.rollup_backfill_lock());
    SELECT counted_to INTO v_from FROM runledger.rollup_backfill;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT max(id), count(*) INTO v_to, v_count
    FROM (SELECT id FROM "AgentGraphExecution" WHERE id > v_from ORDER BY id LIMIT p_limit) AS next;
    IF v_count = 0 THEN
        DELETE FROM runledger.rollup_backfill;
        RETURN NULL;
    END IF;
    FOR v_sum IN
        SELECT "userId" AS user_id, "agentGraphId" AS graph_id, grain, date_trunc(unit, "createdAt") AS bucket,
            runledger.sum_up(runledger.rollup_sums_of(1, "executionStatus"::text, stats)) AS sums
        FROM "AgentGraphExecution"
        CROSS JOIN (VALUES ('d'::"char", 'day'), ('h', 'hour'), ('m', 'minute')) AS grains (grain, unit)
        WHERE id > v_from AND id <= v_to AND NOT "isDeleted"
        GROUP BY 1, 2, 3, 4
    LOOP
        v_sum.sums := runledger.add_to_rollup(v_sum.user_id, v_sum.graph_id, v_sum.grain, v_sum.bucket, v_sum.sums);
    END LOOP;
    UPDATE runledger.rollup_backfill SET counted_to = v_to, counted = counted + v_count;
    RETURN v_count;
END $$;

-- The sums of the executions themselves, of one user (or of everybody) in a part of time, by graph: for the ragged ends of
-- a range. A function, so that what the planner thinks of the ends does not weigh on the whole: a costly plan would be
-- compiled (jit), which takes a hundred times as long as what it is for.
CREATE FUNCTION runledger.sums_of_rows(p_user_id text, p_lower timestamp, p_upper timestamp)
RETURNS TABLE (graph_id text, sums runledger.rollup_sums)
LANGUAGE plpgsql STABLE ROWS 10 SET jit = off
AS $$
BEGIN
    IF p_user_id IS NOT NULL THEN
        RETURN QUERY
        SELECT "agentGraphId", runledger.sum_up(runledger.rollup_sums_of(1, "executionStatus"::text, stats))
        FROM "AgentGraphExecution"
        WHERE "userId" = p_user_id AND NOT "isDeleted" AND "createdAt" >= p_lower AND "createdAt" < p_upper
        GROUP BY "agentGraphId";
    ELSE
        RETURN QUERY
        SELECT "agentGraphId", runledger.sum_up(runledger.rollup_sums_of(1, "executionStatus"::text, stats))
        FROM "AgentGraphExecution"
        WHERE NOT "isDeleted" AND "createdAt" >= p_lower AND "createdAt" < p_upper
        GROUP BY "agentGraphId";
    END IF;
END $$;

-- The days that rollups would have from a day on, of a graph or of all, of a user or of everybody: none once rollups are
-- complete.
CREATE FUNCTION runledger.days_without_rollups(p_graph_id text, p_user_id text, p_since timestamp)
RETURNS TABLE (graph_id text, user_id text, bucket timestamp, finished bigint, scored bigint, score numeric)
LANGUAGE plpgsql STABLE ROWS 10 SET jit = off
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM runledger.rollup_backfill) THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT days.graph_id, days.user_id, days.bucket, (sums).completed + (sums).failed + (sums).terminated, (sums).scored,
        (sums).score
    FROM (
        SELECT "agentGraphId" AS graph_id, "userId" AS user_id, date_trunc('day', "createdAt") AS bucket,
            runledger.sum_up(runledger.rollup_sums_of(1, "executionStatus"::text, stats)) AS sums
        FROM "AgentGraphExecution"
        WHERE NOT "isDeleted" AND "createdAt" >= p_since AND (p_graph_id IS NULL OR "agentGraphId" = p_graph_id)
            AND (p_user_id IS NULL OR "userId" = p_user_id)
        GROUP BY 1, 2, 3
    ) AS days;
END $$;

-- Makes one row of the rows of a bucket, for buckets that are over. Returns how many rows that saved. A row that a writer
-- has locked stays for the next time.
CREATE FUNCTION runledger.merge_rollups(p_limit integer) RETURNS bigint LANGUAGE sql VOLATILE
AS $$
    WITH crowded AS (
        SELECT user_id, grain, bucket, graph_id
        FROM runledger.execution_rollups
        WHERE bucket < (now() AT TIME ZONE 'UTC') - interval '1 day'
        GROUP BY user_id, grain, bucket, graph_id
        HAVING count(*) > 1
        LIMIT p_limit
    ),
    taken AS MATERIALIZED (
        SELECT r.user_id, r.grain, r.bucket, r.graph_id, r.part
        FROM runledger.execution_rollups r
        JOIN crowded USING (user_id, grain, bucket, graph_id)
        FOR UPDATE OF r SKIP LOCKED
    ),
    gone AS (
        DELETE FROM runledger.execution_rollups r
        USING taken t
        WHERE r.user_id = t.user_id AND r.grain = t.grain AND r.bucket = t.bucket AND r.graph_id = t.graph_id
            AND r.part = t.part
        RETURNING r.*
    ),
    merged AS (
        INSERT INTO runledger.execution_rollups (user_id, graph_id, grain, bucket, executions, completed, failed,
            terminated, with_stats, cost, duration, scored, score)
        SELECT user_id, graph_id, grain, bucket, sum(executions), sum(completed), sum(failed), sum(terminated),
            sum(with_stats), sum(cost), sum(duration), sum(scored), sum(score)
        FROM gone
        GROUP BY user_id, graph_id, grain, bucket
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM gone) - (SELECT count(*) FROM merged)
$$;

INSERT INTO runledger.rollup_backfill (counted_to)
SELECT '' WHERE EXISTS (SELECT FROM "AgentGraphExecution");
