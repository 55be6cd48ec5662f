-- Gives a lease back and writes down what the run came to. A run that lost its lease has nothing to give.
WITH finished AS (
    UPDATE runledger.jobs
    SET lease = NULL, lease_until = NULL, finished_at = now(), outcome = $1::jsonb -> 'outcome'
    WHERE name = $1::jsonb ->> 'name' AND lease = $1::jsonb ->> 'lease'
    RETURNING name
)
SELECT json_build_object('ok', EXISTS (SELECT FROM finished))::text
