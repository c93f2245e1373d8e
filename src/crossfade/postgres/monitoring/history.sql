-- name: history
-- The history of a migration, as one JSON document.
SELECT json_build_object(
    'taken_at', clock_timestamp(),
    'runs', (
        SELECT coalesce(json_agg(newest ORDER BY newest.id), '[]')
        FROM (
            SELECT id, kind, is_deep, state, started_at, finished_at, source_rows, target_items,
                   equal_keys, lagging_keys, racing_keys, parked_keys, drifted_keys,
                   orphan_objects, read_units, root_digest,
                   ARRAY(SELECT skipped.value ->> 'entity'
                         FROM jsonb_array_elements(progress -> 'left_out') AS skipped) AS left_out
            FROM crossfade.run
            ORDER BY id DESC
            LIMIT %(runs_max)s
        ) AS newest),
    'entities', (
        SELECT coalesce(json_agg(entity ORDER BY entity.name), '[]')
        FROM (
            SELECT mapping.name,
                   mapping.table_schema || '.' || mapping.table_name AS table,
                   count(known.key) AS keys,
                   count(known.dirty_since) AS dirty,
                   count(known.parked_reason) AS parked,
                   extract(epoch FROM clock_timestamp() - min(known.dirty_since)
                       FILTER (WHERE known.parked_reason IS NULL)) AS oldest_dirty_seconds,
                   (SELECT count(*) FROM crossfade.finding
                    WHERE entity = mapping.name AND closed_at IS NULL) AS open_findings,
                   (SELECT max(finished_at) FROM crossfade.run
                    WHERE kind = 'full' AND state = 'finished'
                      AND mapping.name = ANY (run.entities)) AS verified_at,
                   (SELECT replicated_through FROM crossfade.watermark
                    WHERE entity = mapping.name) AS replicated_through,
                   (SELECT verified_through FROM crossfade.watermark
                    WHERE entity = mapping.name) AS verified_through,
                   count(known.unverified_since) AS unverified,
                   (SELECT windows_done::double precision / nullif(windows, 0)
                    FROM crossfade.backfill_progress
                    WHERE entity = mapping.name) AS backfilled
            FROM crossfade.mapping
            LEFT JOIN crossfade.ledger AS known ON known.entity = mapping.name
            GROUP BY mapping.name, mapping.table_schema, mapping.table_name
        ) AS entity),
    'verdicts', (
        SELECT coalesce(json_agg(counted ORDER BY counted.open DESC, counted.verdict), '[]')
        FROM (
            SELECT verdict,
                   count(*) FILTER (WHERE closed_at IS NULL) AS open,
                   count(*) FILTER (WHERE closed_at IS NOT NULL) AS closed
            FROM crossfade.finding
            GROUP BY verdict
        ) AS counted),
    'findings', (
        SELECT coalesce(
            json_agg(newest ORDER BY newest.closed_at IS NOT NULL, newest.id DESC), '[]')
        FROM (
            SELECT id, entity, key, verdict, fields, cause, first_seen, last_seen, closed_at,
                   closed_by
            FROM crossfade.finding
            ORDER BY closed_at IS NOT NULL, id DESC
            LIMIT %(findings_max)s
        ) AS newest),
    'slowest', (
        SELECT coalesce(json_agg(slow ORDER BY slow.seconds DESC), '[]')
        FROM (
            SELECT entity, key, extract(epoch FROM clock_timestamp() - dirty_since) AS seconds,
                   attempts, parked_reason
            FROM crossfade.ledger
            WHERE dirty_since IS NOT NULL AND entity <> 'crossfade_canary'
            ORDER BY dirty_since
            LIMIT %(slowest_max)s
        ) AS slow)
)::text
