SELECT (
    '{"ok": {"events": ['
    || coalesce((SELECT string_agg(body, ',' ORDER BY seq) FROM step WHERE body IS NOT NULL), '')
    || '], "position": '
    -- All that there is has been looked at, unless the batch is full.
    || CASE WHEN last.place >= ($1 ->> 'limit')::int OR last.bytes >= ($1 ->> 'most_bytes')::bigint THEN last.seq
        ELSE greatest(last.seq, (SELECT max(seq) FROM runledger.events WHERE seq IS NOT NULL), state.pruned_through) END
    || ', "full": ' || (last.place >= ($1 ->> 'limit')::int OR last.bytes >= ($1 ->> 'most_bytes')::bigint)
    || ', "unnumbered": '
    || EXISTS (SELECT FROM runledger.events WHERE seq IS NULL AND id > state.settled_id)
    || ', "pruned_through": ' || state.pruned_through
    || ', "last": '
    || greatest((SELECT max(seq) FROM runledger.events WHERE seq IS NOT NULL), state.pruned_through) || '}}'
)
FROM (SELECT * FROM step ORDER BY place DESC LIMIT 1) AS last
CROSS JOIN runledger.event_state AS state
