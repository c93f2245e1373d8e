-- name: overview
-- The present state of a migration, as one JSON document. Every part reads a partial index: the
-- cost grows with the number of dirty and parked keys, not with that of all keys.
WITH waiting AS (
    SELECT entity, count(*) AS dirty, min(dirty_since) AS since
    FROM crossfade.ledger
    WHERE dirty_since IS NOT NULL AND parked_reason IS NULL
    GROUP BY entity
), parked AS (
    SELECT entity, count(*) AS parked
    FROM crossfade.ledger
    WHERE parked_reason IS NOT NULL
    GROUP BY entity
), unverified AS (
    SELECT unverified_since AS since
    FROM crossfade.ledger
    WHERE unverified_since IS NOT NULL AND parked_reason IS NULL
      AND (entity = ANY (SELECT name FROM crossfade.mapping)) IS TRUE
    ORDER BY unverified_since
    LIMIT 1
), settled AS (
    SELECT least((SELECT min(waiting.since) FROM waiting JOIN crossfade.mapping ON name = entity),
                 now()) AS replicated_through
)
SELECT json_build_object(
    'taken_at', clock_timestamp(),
    'entities', (
        SELECT coalesce(json_agg(entity ORDER BY entity.name), '[]')
        FROM (
            SELECT mapping.name,
                   mapping.table_schema || '.' || mapping.table_name AS table,
                   coalesce(waiting.dirty, 0) AS dirty,
                   coalesce(parked.parked, 0) AS parked,
                   extract(epoch FROM clock_timestamp() - waiting.since) AS oldest_dirty_seconds,
                   (SELECT count(*) FILTER (WHERE is_done)::double precision / nullif(count(*), 0)
                    FROM crossfade.backfill_window AS part
                    WHERE part.entity = mapping.name) AS backfilled,
                   (SELECT bool_and(is_captured AND refuses_truncate) FROM crossfade.guard
                    WHERE guard.entity = mapping.name) AS is_captured
            FROM crossfade.mapping
            LEFT JOIN waiting ON waiting.entity = mapping.name
            LEFT JOIN parked ON parked.entity = mapping.name
        ) AS entity),
    'open_findings', (
        SELECT count(*)
        FROM (SELECT FROM crossfade.finding WHERE closed_at IS NULL
              LIMIT %(findings_max)s) AS counted),
    'replicated_through', (SELECT replicated_through FROM settled),
    'verified_through', (SELECT least(settled.replicated_through, unverified.since)
                         FROM settled LEFT JOIN unverified ON true),
    'verified_at', (
        SELECT max(finished_at) FROM crossfade.run WHERE kind = 'full' AND state = 'finished'),
    'canary_at', (SELECT canary_at FROM crossfade.pulse),
    -- A transaction that holds a snapshot keeps vacuum from removing later dead rows of any table.
    -- NULL for a role that cannot see the sessions of others.
    'transaction_seconds', (
        SELECT extract(epoch FROM coalesce(max(clock_timestamp() - xact_start), '0'))
        FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND backend_type = 'client backend' AND coalesce(backend_xid, backend_xmin) IS NOT NULL
        HAVING pg_has_role('pg_read_all_stats', 'USAGE')),
    'processes', (
        SELECT coalesce(json_agg(process ORDER BY process.started_at), '[]')
        FROM (
            SELECT id, jobs, stores_open, started_at,
                   extract(epoch FROM clock_timestamp() - seen_at) AS silent_seconds,
                   EXISTS (SELECT FROM crossfade.process_alive AS alive
                           WHERE alive.id = process.id) AS is_alive
            FROM crossfade.process
            ORDER BY seen_at DESC
            LIMIT %(processes_max)s
        ) AS process),
    'failures', (
        SELECT coalesce(json_agg(failure ORDER BY failure.minute, failure.failures DESC), '[]')
        FROM (
            SELECT minute, error, sum(failures) AS failures
            FROM crossfade.failure_minute
            WHERE minute > now() - make_interval(mins => %(minutes)s)
            GROUP BY minute, error
        ) AS failure),
    'lags', (
        SELECT coalesce(json_agg(lag ORDER BY lag.at), '[]')
        FROM (
            SELECT at, sum(dirty) AS dirty,
                   coalesce(max(oldest_dirty_seconds), 0) AS oldest_dirty_seconds
            FROM crossfade.lag_sample
            WHERE at > now() - make_interval(mins => %(minutes)s)
            GROUP BY at
        ) AS lag)
)::text
