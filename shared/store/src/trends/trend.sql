    ) AS sums
    -- A day that RFC 3339 cannot say is none.
    WHERE bucket < '10000-01-01'
    GROUP BY graph_id, user_id, bucket
    HAVING sum(finished) > 0
),
