-- Scoring runs with a language model: jobs, the executions of each, and where every score comes from.
-- Why like this: docs/decisions/0055-scoring-jobs.md.

-- A job scores the executions that its request found; those are its items, fixed when it is made. The counts are kept
-- with each item that is done, in the same statement.
CREATE TABLE runledger.scoring_jobs (
    id text PRIMARY KEY,
    status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'completed', 'cancelled')),
    graph_id text NOT NULL,
    graph_version integer,
    user_id text,
    created_after timestamptz,
    model text NOT NULL,
    provider text NOT NULL,
    batch_size integer NOT NULL CHECK (batch_size BETWEEN 1 AND 25),
    skip_existing boolean NOT NULL,
    system_prompt text NOT NULL,
    user_prompt text NOT NULL,
    -- SHA-256 of both.
    prompt_hash text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
    finished_at timestamptz,
    total integer NOT NULL,
    succeeded integer NOT NULL DEFAULT 0,
    failed integer NOT NULL DEFAULT 0,
    skipped integer NOT NULL DEFAULT 0,
    prompt_tokens bigint NOT NULL DEFAULT 0,
    completion_tokens bigint NOT NULL DEFAULT 0,
    -- At list prices; null from the first call on whose price is not known.
    cost_usd double precision DEFAULT 0
);
-- What a tick looks for.
CREATE INDEX scoring_jobs_running ON runledger.scoring_jobs (created_at) WHERE status = 'running';
CREATE INDEX scoring_jobs_created_at ON runledger.scoring_jobs (created_at, id);

-- One row for each execution of a job. While `outcome` is null it waits, or somebody has it until `leased_until`.
CREATE TABLE runledger.scoring_items (
    job_id text NOT NULL REFERENCES runledger.scoring_jobs (id) ON DELETE CASCADE,
    place integer NOT NULL,
    graph_exec_id text NOT NULL,
    lease text,
    leased_until timestamptz,
    -- How often a runner took it.
    taken integer NOT NULL DEFAULT 0,
    outcome text CHECK (outcome IN ('success', 'failed', 'skipped')),
    -- When it was done in the order of the job, without gaps: what results are paged by.
    done integer,
    summary text,
    score double precision,
    error text,
    PRIMARY KEY (job_id, place)
);
CREATE INDEX scoring_items_waiting ON runledger.scoring_items (job_id, place) WHERE outcome IS NULL;
CREATE INDEX scoring_items_leased ON runledger.scoring_items (job_id, leased_until)
    WHERE outcome IS NULL AND leased_until IS NOT NULL;
CREATE UNIQUE INDEX scoring_items_done ON runledger.scoring_items (job_id, done) WHERE done IS NOT NULL;

CREATE INDEX scoring_items_of_execution ON runledger.scoring_items (graph_exec_id);

-- What was said of an execution goes with it; that there was one stays, since the job counts it.
CREATE FUNCTION runledger.forget_scoring() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    UPDATE runledger.scoring_items SET summary = NULL, error = NULL WHERE graph_exec_id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER runledger_forget_scoring
AFTER DELETE ON "AgentGraphExecution" FOR EACH ROW EXECUTE FUNCTION runledger.forget_scoring();

-- Every score that was ever given, and where it comes from. It outlives its job, and goes with its execution.
CREATE TABLE runledger.scores (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    graph_exec_id text NOT NULL REFERENCES "AgentGraphExecution" (id) ON DELETE CASCADE ON UPDATE CASCADE,
    job_id text NOT NULL,
    score double precision NOT NULL,
    summary text NOT NULL,
    model text NOT NULL,
    provider text NOT NULL,
    prompt_hash text NOT NULL,
    prompt_tokens integer,
    completion_tokens integer,
    latency_ms integer NOT NULL,
    tries integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX scores_of_execution ON runledger.scores (graph_exec_id, id);
