-- A platform database in use, made by hand as the platform makes its own, in the shape that it had before executions
-- could be shared, have a parent or wait for a review. search_path chooses its schema.

CREATE TYPE "AgentExecutionStatus" AS ENUM ('INCOMPLETE', 'QUEUED', 'RUNNING', 'COMPLETED', 'TERMINATED', 'FAILED');

CREATE TABLE "User" (
    "id" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "name" TEXT,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMP(3) NOT NULL,
    "metadata" JSONB NOT NULL DEFAULT '{}',
    CONSTRAINT "User_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");

CREATE TABLE "AgentGraph" (
    "id" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMP(3),
    "name" TEXT,
    "description" TEXT,
    "isActive" BOOLEAN NOT NULL DEFAULT true,
    "userId" TEXT NOT NULL,
    "forkedFromId" TEXT,
    "forkedFromVersion" INTEGER,
    CONSTRAINT "AgentGraph_pkey" PRIMARY KEY ("id","version")
);
CREATE INDEX "AgentGraph_userId_isActive_id_version_idx" ON "AgentGraph"("userId", "isActive", "id", "version");

CREATE TABLE "AgentBlock" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "inputSchema" TEXT NOT NULL,
    "outputSchema" TEXT NOT NULL,
    CONSTRAINT "AgentBlock_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "AgentBlock_name_key" ON "AgentBlock"("name");

CREATE TABLE "AgentNode" (
    "id" TEXT NOT NULL,
    "agentBlockId" TEXT NOT NULL,
    "agentGraphId" TEXT NOT NULL,
    "agentGraphVersion" INTEGER NOT NULL DEFAULT 1,
    "constantInput" JSONB NOT NULL DEFAULT '{}',
    "webhookId" TEXT,
    "metadata" JSONB NOT NULL DEFAULT '{}',
    CONSTRAINT "AgentNode_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "AgentNode_agentGraphId_agentGraphVersion_idx" ON "AgentNode"("agentGraphId", "agentGraphVersion");
CREATE INDEX "AgentNode_agentBlockId_idx" ON "AgentNode"("agentBlockId");

CREATE TABLE "AgentNodeLink" (
    "id" TEXT NOT NULL,
    "agentNodeSourceId" TEXT NOT NULL,
    "sourceName" TEXT NOT NULL,
    "agentNodeSinkId" TEXT NOT NULL,
    "sinkName" TEXT NOT NULL,
    "isStatic" BOOLEAN NOT NULL DEFAULT false,
    CONSTRAINT "AgentNodeLink_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "AgentNodeLink_agentNodeSourceId_idx" ON "AgentNodeLink"("agentNodeSourceId");
CREATE INDEX "AgentNodeLink_agentNodeSinkId_idx" ON "AgentNodeLink"("agentNodeSinkId");

CREATE TABLE "AgentPreset" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "isDeleted" BOOLEAN NOT NULL DEFAULT false,
    "userId" TEXT NOT NULL,
    "agentGraphId" TEXT NOT NULL,
    "agentGraphVersion" INTEGER NOT NULL,
    CONSTRAINT "AgentPreset_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "AgentGraphExecution" (
    "id" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMP(3),
    "startedAt" TIMESTAMP(3),
    "isDeleted" BOOLEAN NOT NULL DEFAULT false,
    "executionStatus" "AgentExecutionStatus" NOT NULL DEFAULT 'COMPLETED',
    "agentGraphId" TEXT NOT NULL,
    "agentGraphVersion" INTEGER NOT NULL DEFAULT 1,
    "agentPresetId" TEXT,
    "userId" TEXT NOT NULL,
    "stats" JSONB,
    CONSTRAINT "AgentGraphExecution_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "AgentGraphExecution_agentGraphId_agentGraphVersion_idx"
    ON "AgentGraphExecution"("agentGraphId", "agentGraphVersion");
CREATE INDEX "AgentGraphExecution_userId_isDeleted_createdAt_idx"
    ON "AgentGraphExecution"("userId", "isDeleted", "createdAt");
CREATE INDEX "AgentGraphExecution_createdAt_idx" ON "AgentGraphExecution"("createdAt");
CREATE INDEX "AgentGraphExecution_agentPresetId_idx" ON "AgentGraphExecution"("agentPresetId");

CREATE TABLE "AgentNodeExecution" (
    "id" TEXT NOT NULL,
    "agentGraphExecutionId" TEXT NOT NULL,
    "agentNodeId" TEXT NOT NULL,
    "executionStatus" "AgentExecutionStatus" NOT NULL DEFAULT 'COMPLETED',
    "executionData" JSONB,
    "addedTime" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "queuedTime" TIMESTAMP(3),
    "startedTime" TIMESTAMP(3),
    "endedTime" TIMESTAMP(3),
    "stats" JSONB,
    CONSTRAINT "AgentNodeExecution_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "AgentNodeExecution_agentGraphExecutionId_agentNodeId_execut_idx"
    ON "AgentNodeExecution"("agentGraphExecutionId", "agentNodeId", "executionStatus");
CREATE INDEX "AgentNodeExecution_agentNodeId_executionStatus_idx"
    ON "AgentNodeExecution"("agentNodeId", "executionStatus");
CREATE INDEX "AgentNodeExecution_addedTime_queuedTime_idx" ON "AgentNodeExecution"("addedTime", "queuedTime");

CREATE TABLE "AgentNodeExecutionInputOutput" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "data" JSONB,
    "time" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "referencedByInputExecId" TEXT,
    "referencedByOutputExecId" TEXT,
    "agentPresetId" TEXT,
    CONSTRAINT "AgentNodeExecutionInputOutput_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "AgentNodeExecutionInputOutput_referencedByInputExecId_refer_key"
    ON "AgentNodeExecutionInputOutput"("referencedByInputExecId", "referencedByOutputExecId", "name");
CREATE INDEX "AgentNodeExecutionInputOutput_referencedByOutputExecId_idx"
    ON "AgentNodeExecutionInputOutput"("referencedByOutputExecId");

ALTER TABLE "AgentGraph" ADD CONSTRAINT "AgentGraph_userId_fkey"
    FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "AgentNode" ADD CONSTRAINT "AgentNode_agentBlockId_fkey"
    FOREIGN KEY ("agentBlockId") REFERENCES "AgentBlock"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "AgentNode" ADD CONSTRAINT "AgentNode_agentGraphId_agentGraphVersion_fkey"
    FOREIGN KEY ("agentGraphId", "agentGraphVersion") REFERENCES "AgentGraph"("id", "version")
    ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "AgentNodeLink" ADD CONSTRAINT "AgentNodeLink_agentNodeSourceId_fkey"
    FOREIGN KEY ("agentNodeSourceId") REFERENCES "AgentNode"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "AgentNodeLink" ADD CONSTRAINT "AgentNodeLink_agentNodeSinkId_fkey"
    FOREIGN KEY ("agentNodeSinkId") REFERENCES "AgentNode"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "AgentPreset" ADD CONSTRAINT "AgentPreset_userId_fkey"
    FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "AgentPreset" ADD CONSTRAINT "AgentPreset_agentGraphId_agentGraphVersion_fkey"
    FOREIGN KEY ("agentGraphId", "agentGraphVersion") REFERENCES "AgentGraph"("id", "version")
    ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "AgentGraphExecution" ADD CONSTRAINT "AgentGraphExecution_agentGraphId_agentGraphVersion_fkey"
    FOREIGN KEY ("agentGraphId", "agentGraphVersion") REFERENCES "AgentGraph"("id", "version")
    ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "AgentGraphExecution" ADD CONSTRAINT "AgentGraphExecution_agentPresetId_fkey"
    FOREIGN KEY ("agentPresetId") REFERENCES "AgentPreset"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "AgentGraphExecution" ADD CONSTRAINT "AgentGraphExecution_userId_fkey"
    FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "AgentNodeExecution" ADD CONSTRAINT "AgentNodeExecution_agentGraphExecutionId_fkey"
    FOREIGN KEY ("agentGraphExecutionId") REFERENCES "AgentGraphExecution"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "AgentNodeExecution" ADD CONSTRAINT "AgentNodeExecution_agentNodeId_fkey"
    FOREIGN KEY ("agentNodeId") REFERENCES "AgentNode"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "AgentNodeExecutionInputOutput" ADD CONSTRAINT "AgentNodeExecutionInputOutput_referencedByInputExecId_fkey"
    FOREIGN KEY ("referencedByInputExecId") REFERENCES "AgentNodeExecution"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "AgentNodeExecutionInputOutput" ADD CONSTRAINT "AgentNodeExecutionInputOutput_referencedByOutputExecId_fkey"
    FOREIGN KEY ("referencedByOutputExecId") REFERENCES "AgentNodeExecution"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "AgentNodeExecutionInputOutput" ADD CONSTRAINT "AgentNodeExecutionInputOutput_agentPresetId_fkey"
    FOREIGN KEY ("agentPresetId") REFERENCES "AgentPreset"("id") ON DELETE SET NULL ON UPDATE CASCADE;

INSERT INTO "User" ("id", "email", "updatedAt") VALUES ('owner', 'owner@example.com', '2025-01-01');
INSERT INTO "AgentGraph" ("id", "version", "name", "userId") VALUES ('graph', 1, 'First', 'owner'), ('graph', 2, 'Second', 'owner');
INSERT INTO "AgentBlock" ("id", "name", "inputSchema", "outputSchema") VALUES
    ('c0a8e994-ebf1-4a9c-a4d8-89d09c86741b', 'AgentInputBlock', '{"title": "Input"}', '{"title": "Output"}'),
    ('00000000-0000-4000-8000-000000000001', 'SomeBlock', '{}', '{}');
INSERT INTO "AgentNode" ("id", "agentBlockId", "agentGraphId", "agentGraphVersion") VALUES
    ('node-in', 'c0a8e994-ebf1-4a9c-a4d8-89d09c86741b', 'graph', 2),
    ('node-do', '00000000-0000-4000-8000-000000000001', 'graph', 2);
INSERT INTO "AgentNodeLink" ("id", "agentNodeSourceId", "sourceName", "agentNodeSinkId", "sinkName")
    VALUES ('link', 'node-in', 'result', 'node-do', 'value');
INSERT INTO "AgentPreset" VALUES ('preset', 'Daily', '', false, 'owner', 'graph', 2);
INSERT INTO "AgentGraphExecution" ("id", "createdAt", "executionStatus", "agentGraphId", "agentGraphVersion", "userId",
        "agentPresetId", "stats") VALUES
    ('done', '2025-02-01 10:00:00.123', 'COMPLETED', 'graph', 2, 'owner', 'preset', '{"walltime": 1.5, "cost": 12}'),
    ('running', '2025-02-01 11:00:00', 'RUNNING', 'graph', 2, 'owner', NULL, NULL);
INSERT INTO "AgentNodeExecution" ("id", "agentGraphExecutionId", "agentNodeId", "executionStatus") VALUES
    ('step', 'done', 'node-in', 'COMPLETED'), ('step-2', 'running', 'node-do', 'RUNNING');
INSERT INTO "AgentNodeExecutionInputOutput" ("id", "name", "data", "referencedByInputExecId", "referencedByOutputExecId")
    VALUES ('in', 'value', '"hello"', 'step', NULL), ('out', 'result', '"hello"', NULL, 'step');
