    ) AS sums
    GROUP BY graph_id, user_id, bucket
    HAVING sum(finished) > 0
),
