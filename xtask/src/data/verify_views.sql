-- Rows of the views that are not what the tables come to.
SELECT format('mv_agent_run_counts: graph %s has %s runs, the view says %s', "agentGraphId", rows.run_count,
    view.run_count)
FROM (SELECT "agentGraphId", count(*) AS run_count FROM "AgentGraphExecution" GROUP BY 1) AS rows
FULL JOIN mv_agent_run_counts AS view USING ("agentGraphId")
WHERE rows.run_count IS DISTINCT FROM view.run_count
UNION ALL
SELECT format('mv_review_stats: listing %s has %s reviews, %s on average, the view says %s, %s', "storeListingId",
    rows.review_count, rows.avg_rating, view.review_count, view.avg_rating)
FROM (
    SELECT listing.id AS "storeListingId", count(review.id) AS review_count, avg(review.score::numeric) AS avg_rating
    FROM "StoreListing" listing
    JOIN "StoreListingVersion" version ON version."storeListingId" = listing.id
    LEFT JOIN "StoreListingReview" review ON review."storeListingVersionId" = version.id
    WHERE NOT listing."isDeleted"
    GROUP BY listing.id
) AS rows
FULL JOIN mv_review_stats AS view USING ("storeListingId")
WHERE (rows.review_count, rows.avg_rating) IS DISTINCT FROM (view.review_count, view.avg_rating)
LIMIT 20
