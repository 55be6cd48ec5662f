SELECT (
    '{"ok": {"events": ['
    || coalesce((SELECT string_agg(body, ',' ORDER BY seq) FROM step WHERE body IS NOT NULL), '')
    -- All that there is has been looked at, unless the batch is full.
    || '], "position": ' || CASE WHEN last.is_full THEN last.seq ELSE greatest(last.seq, newest.seq) END
    || ', "full": ' || last.is_full
    || ', "unnumbered": '
    || EXISTS (SELECT FROM runledger.events WHERE seq IS NULL AND id > state.settled_id)
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
-- Ordered, not max(): of a table that was just filled the planner may believe that no row has a number, and then reads
-- all that do for their maximum.
CROSS JOIN LATERAL (
    SELECT greatest(state.pruned_through, (
        SELECT seq FROM runledger.events WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1)) AS seq
) AS newest
