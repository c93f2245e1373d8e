UPDATE crossfade.backfill_window
SET lease_until = clock_timestamp() + make_interval(secs => %(lease_seconds)s)
WHERE lease = %(lease)s AND NOT is_done
