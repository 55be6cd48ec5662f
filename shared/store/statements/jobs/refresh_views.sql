-- jobs/refresh_views
SELECT json_build_object('ok', refresh_store_materialized_views() IS NOT NULL AND $1::jsonb IS NOT NULL)::text
