-- jobs/claim
-- Takes a job's lease, unless a run holds it: `true` for the one that may work. A lease that ran out is of a run that died.
WITH taken AS (
    INSERT INTO runledger.jobs AS job (name, lease, lease_until, started_at)
    VALUES ($1::jsonb ->> 'name', $1 ->> 'lease', now() + ($1 ->> 'seconds')::int * interval '1 second', now())
    ON CONFLICT (name) DO UPDATE
        SET lease = excluded.lease, lease_until = excluded.lease_until, started_at = excluded.started_at,
            failures = job.failures + (job.lease IS NOT NULL)::int,
            failed_at = CASE WHEN job.lease IS NULL THEN job.failed_at ELSE job.lease_until END
        WHERE job.lease IS NULL OR job.lease_until < now()
    RETURNING name
)
SELECT json_build_object('ok', EXISTS (SELECT FROM taken))::text
