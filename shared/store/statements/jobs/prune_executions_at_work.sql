-- jobs/prune_executions_at_work
-- Forgets executions that are noted as at work and are not; how many. They are few: triggers keep the notes.
WITH gone AS (
    DELETE FROM runledger.executions_at_work
    WHERE id IN (
        SELECT noted.id FROM runledger.executions_at_work noted
        WHERE NOT EXISTS (
            SELECT FROM "AgentGraphExecution" e
            WHERE e.id = noted.id COLLATE "default" AND e."executionStatus" IN ('QUEUED', 'RUNNING'))
            AND $1::jsonb ->> 'days' IS NOT NULL
        LIMIT ($1 ->> 'limit')::int
        FOR UPDATE SKIP LOCKED)
    RETURNING 1
)
SELECT json_build_object('ok', (SELECT count(*) FROM gone))::text
