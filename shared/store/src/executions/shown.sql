-- The execution `e` as an answer holds it: its values are cut where they are larger than its part of `e.budget`.
SELECT e.id, e."createdAt", e."updatedAt", e."startedAt", e."endedAt", e."executionStatus", e."agentGraphId",
    e."agentGraphVersion", e."agentPresetId", e."userId", e."parentGraphExecutionId", e."isShared", e."shareToken",
    CASE WHEN size.fits THEN e.inputs ELSE runledger.cut_value(e.inputs, e.budget / 4) END AS inputs,
    CASE WHEN size.fits THEN e."credentialInputs"
        ELSE runledger.cut_value(e."credentialInputs", e.budget / 32) END AS "credentialInputs",
    CASE WHEN size.fits THEN e."nodesInputMasks"
        ELSE runledger.cut_value(e."nodesInputMasks", e.budget / 32) END AS "nodesInputMasks",
    CASE WHEN size.fits OR runledger.shown_bytes(e.stats, e.budget / 32) <= e.budget / 32 THEN e.stats END AS stats,
    NOT size.fits AS "isCut"
FROM (
    SELECT runledger.execution_fits(e.budget, e.inputs, e."credentialInputs", e."nodesInputMasks", e.stats) AS fits
    OFFSET 0
) size
