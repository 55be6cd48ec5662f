-- Credits that are set aside until they are spent or given back. docs/decisions/0056-credits.md.

-- A hold counts as spent until it ends: by capture, by release, or by itself.
CREATE TABLE runledger.credit_holds (
    id text PRIMARY KEY,
    user_id text NOT NULL,
    amount integer NOT NULL CHECK (amount > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    -- What was spent of it, when it was captured; null when it was released.
    captured integer CHECK (captured BETWEEN 0 AND amount)
);
-- What a user has set aside.
CREATE INDEX credit_holds_of_user ON runledger.credit_holds (user_id) WHERE ended_at IS NULL;
