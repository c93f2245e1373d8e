UPDATE crossfade.backfill_window
SET lease = NULL, lease_until = NULL
WHERE lease = ANY (%(leases)s::uuid[])
