-- events/peek
-- Whether there is anything to do for a reader. Cheap, since idle readers ask once a second: it looks at one end of an
-- index, and asks in such a way that the planner needs no estimate and has no other choice.
SELECT json_build_object('ok', json_build_object(
    'news', coalesce(CASE WHEN $1::jsonb ->> 'user_id' IS NULL
        THEN (SELECT seq FROM runledger.events WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1)
        ELSE (
            SELECT seq FROM runledger.events
            WHERE seq IS NOT NULL AND user_id >= $1 ->> 'user_id'
                AND (user_id, seq) <= ($1 ->> 'user_id', 9223372036854775807)
            ORDER BY user_id DESC, seq DESC
            LIMIT 1) END > ($1 ->> 'after')::bigint, false),
    'unnumbered', (
        SELECT id FROM runledger.events
        WHERE seq IS NULL AND id > state.settled_id
        ORDER BY id
        LIMIT 1) IS NOT NULL
))::text
FROM runledger.event_state AS state
