SELECT (
    '{"ok": {"events": ['
    || coalesce((SELECT string_agg(body, ',' ORDER BY seq) FROM step WHERE body IS NOT NULL), '')
    -- All that there is has been looked at, unless the batch is full.
    || '], "position": ' || CASE WHEN last.is_full THEN last.seq ELSE greatest(last.seq, newest.seq) END
    || ', "full": ' || last.is_full
    || ', "unnumbered": '
    || ((SELECT id FROM runledger.events WHERE seq IS NULL AND id > state.settled_id ORDER BY id LIMIT 1) IS NOT NULL)
    || ', "pruned_through": ' || state.pruned_through
    || ', "last": ' || newest.seq || '}}'
)
FROM (
    SELECT seq, place >= ($1 ->> 'limit')::int OR bytes >= ($1 ->> 'most_bytes')::bigint AS is_full
    FROM step
    ORDER BY place DESC
    LIMIT 1
) AS last
CROSS JOIN runledger.event_state AS state
-- Ordered, here and above, not max() and EXISTS: how many rows have a number changes all the time, and from what the
-- planner believes it may choose to read them all. There is one index for each order.
CROSS JOIN LATERAL (
    SELECT greatest(state.pruned_through, (
        SELECT seq FROM runledger.events WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1)) AS seq
) AS newest
