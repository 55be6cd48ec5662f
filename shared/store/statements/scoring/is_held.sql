-- scoring/is_held
-- Whether somebody has an execution of the job: as long as its lease lasts.
SELECT json_build_object('ok', EXISTS (
    SELECT FROM runledger.scoring_items
    WHERE job_id = $1::jsonb ->> 'id' AND outcome IS NULL AND leased_until > clock_timestamp()))::text
