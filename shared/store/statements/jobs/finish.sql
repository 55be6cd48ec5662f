-- jobs/finish
-- Gives a lease back and writes down what the run came to. A run that lost its lease has nothing to give.
WITH finished AS (
    UPDATE runledger.jobs
    SET lease = NULL, lease_until = NULL, finished_at = now(), outcome = $1 -> 'outcome',
        succeeded_at = CASE WHEN failed THEN succeeded_at ELSE now() END,
        failed_at = CASE WHEN failed THEN now() ELSE failed_at END,
        failures = failures + failed::int
    FROM (SELECT ($1::jsonb ->> 'failed')::boolean AS failed) AS run
    WHERE name = $1 ->> 'name' AND lease = $1 ->> 'lease'
    RETURNING name
)
SELECT json_build_object('ok', EXISTS (SELECT FROM finished))::text
