UPDATE crossfade.backfill_window
SET lease_until = clock_timestamp() + make_interval(secs => %(lease_seconds)s)
WHERE lease = ANY (%(leases)s::uuid[]) AND NOT is_done
