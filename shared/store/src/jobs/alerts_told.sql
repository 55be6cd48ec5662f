WITH told AS (
    UPDATE runledger.accuracy_alerts SET notified_at = now()
    WHERE notified_at IS NULL AND $1::jsonb -> 'ids' ? id
    RETURNING 1
)
SELECT json_build_object('ok', (SELECT count(*) FROM told))::text
