SELECT json_build_object('ok', coalesce(json_agg(json_build_object('date', bucket, 'daily_score', daily_score,
    'three_day_avg', three_day_avg, 'seven_day_avg', seven_day_avg, 'fourteen_day_avg', fourteen_day_avg,
    'drop_percent', drop_percent) ORDER BY bucket DESC), '[]'))::text
FROM judged
WHERE age = 1 OR ($1 ->> 'historical')::boolean
