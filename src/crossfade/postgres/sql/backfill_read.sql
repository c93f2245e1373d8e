-- How far the backfill of each mapping has come, as one JSON document; one that was planned for an
-- earlier installation is none.
SELECT coalesce(json_agg(entity ORDER BY entity.name), '[]')::text
FROM (
    SELECT mapping.name, progress.rows_estimated, coalesce(progress.windows, 0) AS windows,
           coalesce(progress.windows_done, 0) AS windows_done,
           coalesce(progress.windows_leased, 0) AS windows_leased,
           coalesce(progress.rows_read, 0) AS rows_read,
           coalesce(progress.rows_written, 0) AS rows_written,
           coalesce(progress.rows_skipped, 0) AS rows_skipped,
           coalesce(progress.rows_marked, 0) AS rows_marked,
           coalesce(progress.rows_parked, 0) AS rows_parked,
           coalesce(progress.bytes_written, 0) AS bytes_written,
           coalesce(progress.throttles, 0) AS throttles,
           progress.planned_at, progress.advanced_at
    FROM crossfade.mapping
    LEFT JOIN crossfade.backfill
      ON backfill.entity = mapping.name
     AND backfill.activated_xid = mapping.activated_xid
     AND backfill.fingerprint = mapping.fingerprint
    LEFT JOIN crossfade.backfill_progress AS progress ON progress.entity = backfill.entity
) AS entity
