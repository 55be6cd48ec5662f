-- When a share link ends. The platform keeps the token itself in "AgentGraphExecution" and knows no end; a row here
-- counts only for the token that it was made with, so that a link which the platform makes later is not cut short.
CREATE TABLE runledger.share_ends (
    execution_id text PRIMARY KEY REFERENCES "AgentGraphExecution" (id) ON DELETE CASCADE ON UPDATE CASCADE,
    share_token text NOT NULL,
    expires_at timestamptz
);
