        UNION ALL
        SELECT graph_id, $1 ->> 'user_id', bucket, finished, scored, score
        FROM runledger.days_without_rollups($1 ->> 'graph_id', $1 ->> 'user_id',
            (now() AT TIME ZONE 'UTC')::date - ($1 ->> 'days_back')::int)
