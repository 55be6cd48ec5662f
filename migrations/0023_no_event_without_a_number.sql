-- No event stays without a number. Searches for what is unnumbered begin behind what is settled, and that was moved too far
-- when a transaction stayed open while others recorded two thousand events: `pg_snapshot_xmax` is the number after the last
-- transaction that has ended, so one that still ran, and had drawn its ids, could have that number or a later one. The
-- transaction's own number says what was meant: whoever has a later one began, and so draws its ids, after this.
-- Otherwise the function is as before.
CREATE OR REPLACE FUNCTION runledger.number_events(p_published bigint DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY INVOKER
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    v_state runledger.event_state;
    v_last bigint;
    v_newest bigint;
    v_count integer;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('runledger.number_events', 0));
    -- From here on, everything that was committed while this one waited is seen.
    SELECT * INTO v_state FROM runledger.event_state;
    SELECT last_value INTO v_newest FROM runledger.events_id_seq;

    -- Searches begin behind what is settled, so that they do not meet the old versions of rows that were numbered.
    -- Written seldom, for the sake of the same.
    IF v_newest > v_state.mark_id + 1000 THEN
        IF pg_snapshot_xmin(pg_current_snapshot()) >= v_state.mark_xid AND NOT EXISTS (
            SELECT FROM runledger.events WHERE seq IS NULL AND id > v_state.settled_id AND id <= v_state.mark_id
        ) THEN
            -- Ids are drawn after the transaction has its number. So whoever has a later one than this draws higher ids.
            UPDATE runledger.event_state
            SET settled_id = v_state.mark_id, mark_id = v_newest, mark_xid = pg_current_xact_id();
            v_state.settled_id := v_state.mark_id;
        END IF;
    END IF;

    SELECT last_value INTO v_last FROM runledger.event_numbers;
    WITH batch AS MATERIALIZED (
        SELECT id, row_number() OVER (ORDER BY id) AS place
        FROM (
            SELECT id FROM runledger.events
            WHERE seq IS NULL AND id > v_state.settled_id
            ORDER BY id
            LIMIT 10000
            FOR NO KEY UPDATE SKIP LOCKED
        ) AS unnumbered
    )
    UPDATE runledger.events AS event
    SET seq = v_last + batch.place
    FROM batch
    WHERE event.id = batch.id AND event.seq IS NULL;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    IF v_count > 0 THEN
        PERFORM setval('runledger.event_numbers', v_last + v_count);
    END IF;
    IF p_published > (SELECT last_value FROM runledger.event_published) THEN
        PERFORM setval('runledger.event_published', p_published);
    END IF;
    RETURN v_count;
END $$;

-- What was passed over so far is found by the next search, which begins at the first event.
UPDATE runledger.event_state SET settled_id = 0, mark_id = 0, mark_xid = '0';
