-- runledger: no transaction
--
-- Built CONCURRENTLY, since an adopted database is in use. What the platform has already is not built twice: an index
-- with the platform's name is the platform's own on an adopted database, and "unless exists" names one of another shape
-- that serves as well. Ours carry no status, so that a change of status stays inside its heap page (HOT).
-- Each is justified with figures in docs/decisions/0003-indexes.md.

-- Lists, newest first. The id is part of the key: with it the order is the index's own, and a page costs what a page
-- costs, whatever the planner believes about how many executions a user has.
CREATE INDEX CONCURRENTLY IF NOT EXISTS runledger_executions
    ON "AgentGraphExecution" ("createdAt", id) WHERE NOT "isDeleted";

CREATE INDEX CONCURRENTLY IF NOT EXISTS runledger_executions_of_user
    ON "AgentGraphExecution" ("userId", "createdAt", id) WHERE NOT "isDeleted";

CREATE INDEX CONCURRENTLY IF NOT EXISTS runledger_executions_of_user_and_graph
    ON "AgentGraphExecution" ("userId", "agentGraphId", "createdAt", id) WHERE NOT "isDeleted";

-- Not partial: the foreign key to "AgentGraph" looks for deleted rows too.
CREATE INDEX CONCURRENTLY IF NOT EXISTS runledger_executions_of_graph
    ON "AgentGraphExecution" ("agentGraphId", "isDeleted", "createdAt", id);

CREATE INDEX CONCURRENTLY IF NOT EXISTS "AgentGraphExecution_parentGraphExecutionId_idx"
    ON "AgentGraphExecution" ("parentGraphExecutionId") WHERE "parentGraphExecutionId" IS NOT NULL;

CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "AgentGraphExecution_shareToken_key"
    ON "AgentGraphExecution" ("shareToken") WHERE "shareToken" IS NOT NULL;

-- unless exists: "AgentNodeExecution_agentGraphExecutionId_agentNodeId_execut_idx"
CREATE INDEX CONCURRENTLY IF NOT EXISTS "AgentNodeExecution_agentGraphExecutionId_agentNodeId_idx"
    ON "AgentNodeExecution" ("agentGraphExecutionId", "agentNodeId");

-- unless exists: "AgentNodeExecution_agentNodeId_executionStatus_idx"
CREATE INDEX CONCURRENTLY IF NOT EXISTS "AgentNodeExecution_agentNodeId_idx"
    ON "AgentNodeExecution" ("agentNodeId");

-- unless exists: "AgentNodeExecutionInputOutput_referencedByInputExecId_refer_key"
CREATE INDEX CONCURRENTLY IF NOT EXISTS "AgentNodeExecutionInputOutput_referencedByInputExecId_idx"
    ON "AgentNodeExecutionInputOutput" ("referencedByInputExecId") WHERE "referencedByInputExecId" IS NOT NULL;

CREATE INDEX CONCURRENTLY IF NOT EXISTS "AgentNodeExecutionInputOutput_referencedByOutputExecId_idx"
    ON "AgentNodeExecutionInputOutput" ("referencedByOutputExecId") WHERE "referencedByOutputExecId" IS NOT NULL;

CREATE INDEX CONCURRENTLY IF NOT EXISTS "AgentNode_agentGraphId_agentGraphVersion_idx"
    ON "AgentNode" ("agentGraphId", "agentGraphVersion");

CREATE INDEX CONCURRENTLY IF NOT EXISTS "AgentNodeLink_agentNodeSourceId_idx"
    ON "AgentNodeLink" ("agentNodeSourceId");

CREATE INDEX CONCURRENTLY IF NOT EXISTS "AgentNodeLink_agentNodeSinkId_idx"
    ON "AgentNodeLink" ("agentNodeSinkId");
