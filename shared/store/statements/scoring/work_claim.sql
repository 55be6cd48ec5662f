-- scoring/work_claim
-- An execution of the job that nobody has, unless as many are with the model as may be. Claims of a job follow one
-- another, so that this holds for all its runners together.
SELECT runledger.one_at_a_time($1::jsonb ->> 'lock', $statement$
WITH job AS (
    SELECT * FROM runledger.scoring_jobs WHERE id = $1::jsonb ->> 'job_id' AND status = 'running'
),
next AS MATERIALIZED (
    SELECT waiting.job_id, waiting.place FROM job
    JOIN runledger.scoring_items waiting ON waiting.job_id = job.id
    WHERE waiting.outcome IS NULL
        AND (waiting.leased_until IS NULL OR waiting.leased_until <= clock_timestamp())
        AND job.batch_size > (
            SELECT count(*) FROM runledger.scoring_items leased
            WHERE leased.job_id = job.id AND leased.outcome IS NULL AND leased.leased_until > clock_timestamp())
    ORDER BY waiting.place
    LIMIT 1
),
taken AS (
    UPDATE runledger.scoring_items item
    SET lease = $1 ->> 'lease', taken = taken + 1,
        leased_until = clock_timestamp() + ($1 ->> 'lease_seconds')::int * interval '1 second'
    FROM next
    WHERE item.job_id = next.job_id AND item.place = next.place AND item.outcome IS NULL
        AND (item.leased_until IS NULL OR item.leased_until <= clock_timestamp())
    RETURNING item.*
)
SELECT json_build_object('ok', json_build_object('is_running', EXISTS (SELECT FROM job),
    'item', (SELECT json_build_object('place', place, 'taken', taken.taken, 'run', json_build_object(
        'graph_exec_id', graph_exec_id, 'owner_id', user_id, 'exec_created_at', exec_created_at)) FROM taken)))
$statement$, $1)::text
