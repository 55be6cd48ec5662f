        OFFSET 0
    ) AS sums
    UNION ALL
    SELECT graph_id, (sums).executions, (sums).completed, (sums).failed, (sums).terminated, (sums).with_stats,
        (sums).cost, (sums).duration
    FROM ragged
    CROSS JOIN LATERAL runledger.sums_of_rows($1 ->> 'user_id', ragged.lower, ragged.upper)
),
