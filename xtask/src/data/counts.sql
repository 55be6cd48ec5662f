SELECT '  ' || rpad(name, 30) || count
FROM (
    SELECT 1 AS place, 'executions' AS name, count(*) FROM "AgentGraphExecution"
    UNION ALL SELECT 2, 'node executions', count(*) FROM "AgentNodeExecution"
    UNION ALL SELECT 3, 'inputs and outputs', count(*) FROM "AgentNodeExecutionInputOutput"
    UNION ALL SELECT 4, 'graphs', count(*) FROM "AgentGraph"
    UNION ALL SELECT 5, 'reviews', count(*) FROM "StoreListingReview"
    UNION ALL SELECT 6, 'credit transactions', count(*) FROM "CreditTransaction"
    UNION ALL SELECT 7, 'rollup rows', count(*) FROM runledger.execution_rollups
    UNION ALL SELECT 8, 'mv_agent_run_counts', count(*) FROM mv_agent_run_counts
    UNION ALL SELECT 9, 'mv_review_stats', count(*) FROM mv_review_stats
) AS counts
ORDER BY place
