(SELECT '  graph ' || left("agentGraphId", 8) || ': ' || run_count || ' runs'
FROM mv_agent_run_counts ORDER BY run_count DESC, "agentGraphId" LIMIT 5)
UNION ALL
(SELECT '  listing ' || left("storeListingId", 8) || ': ' || coalesce(round(avg_rating, 2), 0) || ' stars, ' || review_count || ' reviews'
FROM mv_review_stats ORDER BY avg_rating DESC NULLS LAST, "storeListingId" LIMIT 5)
