,
-- The node execution as it was left, or as it is where it has that status already or the caller wants it so.
n AS (
    SELECT * FROM changed
    UNION ALL
    SELECT * FROM locked
    WHERE ("executionStatus"::text = $1 ->> 'status' OR ($1 ->> 'or_as_it_is')::boolean)
        AND NOT EXISTS (SELECT FROM changed)
),
refusal AS (
    SELECT json_build_object('illegal_move', json_build_object('current', "executionStatus", 'to', $1 ->> 'status'))
        AS outcome
    FROM locked
)
