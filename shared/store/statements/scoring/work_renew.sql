-- scoring/work_renew
-- A runner is alive: it keeps what it has.
WITH renewed AS (
    UPDATE runledger.scoring_items
    SET leased_until = clock_timestamp() + ($1 ->> 'lease_seconds')::int * interval '1 second'
    WHERE job_id = $1::jsonb ->> 'job_id' AND outcome IS NULL AND leased_until IS NOT NULL AND lease = $1 ->> 'lease'
    RETURNING place
)
SELECT json_build_object('ok', (SELECT count(*) FROM renewed))::text
