-- What instances count of their requests, for `GET /api/metrics`: one row for each route, method and status. Not logged:
-- it costs writers next to nothing, and after a crash the counting begins anew, which those who read counters expect.
CREATE UNLOGGED TABLE runledger.request_metrics (
    route text COLLATE "C" NOT NULL,
    method text COLLATE "C" NOT NULL,
    status smallint NOT NULL,
    requests bigint NOT NULL,
    seconds double precision NOT NULL,
    database_round_trips bigint NOT NULL,
    redis_round_trips bigint NOT NULL,
    -- How many took no longer than each bound of the histogram, but longer than the one before.
    buckets bigint[] NOT NULL,
    CONSTRAINT request_metrics_pkey PRIMARY KEY (route, method, status)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0.1);
