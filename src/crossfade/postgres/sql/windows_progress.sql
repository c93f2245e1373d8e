SELECT entity, rows_estimated, windows, windows_done, windows_leased, rows_read, rows_written,
       rows_skipped, rows_marked, rows_parked, bytes_written, throttles
FROM crossfade.backfill_progress
WHERE entity = ANY (%(entities)s)
ORDER BY entity
