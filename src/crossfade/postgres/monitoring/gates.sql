-- name: gate_facts
-- The facts that decide the gates, as one JSON document. Counts stop at a limit.
SELECT json_build_object(
    'taken_at', clock_timestamp(),
    'entities', (
        SELECT coalesce(json_agg(entity ORDER BY entity.name), '[]')
        FROM (
            SELECT mapping.name,
                   ARRAY(
                       SELECT guard.table_schema || '.' || guard.table_name
                       FROM crossfade.guard
                       WHERE guard.entity = mapping.name
                         AND NOT (guard.is_captured AND guard.refuses_truncate)
                       ORDER BY 1) AS uncaptured,
                   coalesce(progress.windows, 0) AS windows,
                   coalesce(progress.windows_done, 0) AS windows_done,
                   (SELECT max(started_at) FROM crossfade.run
                    WHERE kind = 'full' AND state = 'finished'
                      AND mapping.name = ANY (run.entities)) AS verified_at,
                   watermark.replicated_through,
                   watermark.verified_through,
                   (SELECT count(*) FROM crossfade.coverage
                    WHERE coverage.entity = mapping.name
                      AND coverage.verified_at
                          > clock_timestamp() - make_interval(secs => %(window_seconds)s)
                   ) AS buckets
            FROM crossfade.mapping
            JOIN crossfade.watermark ON watermark.entity = mapping.name
            LEFT JOIN crossfade.backfill
              ON backfill.entity = mapping.name
             AND backfill.activated_xid = mapping.activated_xid
             AND backfill.fingerprint = mapping.fingerprint
            LEFT JOIN crossfade.backfill_progress AS progress ON progress.entity = backfill.entity
        ) AS entity),
    'dirty', (
        SELECT count(*)
        FROM (
            SELECT FROM crossfade.ledger
            WHERE dirty_since IS NOT NULL AND parked_reason IS NULL
              AND entity <> 'crossfade_canary'
            LIMIT %(count_max)s
        ) AS counted),
    'parked', (
        SELECT count(*)
        FROM (
            SELECT FROM crossfade.ledger
            WHERE parked_reason IS NOT NULL AND entity <> 'crossfade_canary'
            LIMIT %(count_max)s
        ) AS counted),
    'open_findings', (
        SELECT count(*)
        FROM (
            SELECT FROM crossfade.finding WHERE closed_at IS NULL LIMIT %(count_max)s
        ) AS counted),
    'relays', (SELECT relays FROM crossfade.pulse),
    'quiet_since', (
        SELECT CASE WHEN bool_and(earliest.finished_at IS NOT NULL)
                    THEN greatest(max(earliest.finished_at), max(latest.closed_at)) END
        FROM crossfade.mapping
        CROSS JOIN LATERAL (
            SELECT min(finished_at) AS finished_at FROM crossfade.run
            WHERE kind = 'full' AND state = 'finished' AND mapping.name = ANY (run.entities)
        ) AS earliest
        CROSS JOIN (
            SELECT max(closed_at) AS closed_at FROM crossfade.finding WHERE closed_at IS NOT NULL
        ) AS latest),
    'canary_at', (SELECT canary_at FROM crossfade.pulse)
)::text
