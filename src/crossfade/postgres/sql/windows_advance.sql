-- Records a page whose rows have all been dealt with. Who lost the window to another records nothing.
UPDATE crossfade.backfill_window
SET last_key = coalesce(%(last_key)s::text[], last_key),
    is_done = %(is_done)s,
    lease = CASE WHEN %(is_done)s THEN NULL ELSE lease END,
    lease_until = CASE WHEN NOT %(is_done)s
                       THEN clock_timestamp() + make_interval(secs => %(lease_seconds)s) END,
    rows_read = rows_read + %(read)s,
    rows_written = rows_written + %(written)s,
    rows_skipped = rows_skipped + %(skipped)s,
    rows_marked = rows_marked + %(marked)s,
    rows_parked = rows_parked + %(parked)s,
    bytes_written = bytes_written + %(written_bytes)s,
    throttles = throttles + %(throttles)s,
    advanced_at = clock_timestamp()
WHERE entity = %(entity)s AND number = %(number)s AND lease = %(lease)s
RETURNING number
