-- name: mark_key
-- Gives a key a version above all that its item can have, and makes it due: the relay writes it anew.
-- A writer that holds the key is waited for, but not for long.
INSERT INTO crossfade.ledger AS known (entity, key, version, xid, dirty_since, next_attempt_at)
SELECT %(entity)s, %(key)s::text[], greatest(%(above)s::bigint, 0) + 1,
       pg_current_xact_id(), clock_timestamp(), clock_timestamp()
FROM set_config('lock_timeout', %(patience)s, true)
ON CONFLICT (entity, key) DO UPDATE SET
    version = greatest(known.version, %(above)s::bigint) + 1,
    xid = excluded.xid,
    dirty_since = coalesce(known.dirty_since, excluded.dirty_since),
    attempts = 0,
    faults = 0,
    parked_reason = NULL,
    next_attempt_at = excluded.next_attempt_at
