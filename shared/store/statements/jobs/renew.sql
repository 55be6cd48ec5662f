-- jobs/renew
-- A run is at work: it keeps its lease, unless another run has taken it over.
WITH renewed AS (
    UPDATE runledger.jobs
    SET lease_until = now() + ($1 ->> 'seconds')::int * interval '1 second'
    WHERE name = $1::jsonb ->> 'name' AND lease = $1 ->> 'lease'
    RETURNING name
)
SELECT json_build_object('ok', EXISTS (SELECT FROM renewed))::text
