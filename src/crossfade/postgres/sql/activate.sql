-- The triggers' locks are held: every writer of the table has ended, and none can begin.
UPDATE crossfade.mapping
SET activated_at = clock_timestamp(), activated_xid = pg_snapshot_xmax(pg_current_snapshot())
WHERE name = %(entity)s
