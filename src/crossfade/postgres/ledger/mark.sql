-- name: mark_key
-- Gives a key a version above any that its item can have, and makes it due, so that the relay
-- writes it again. Waits at most `lock_timeout` for a writer that has locked the key.
INSERT INTO crossfade.ledger AS known (entity, key, version, xid, dirty_since, next_attempt_at)
SELECT %(entity)s, %(key)s::text[], greatest(%(above)s::bigint, 0) + 1,
       pg_current_xact_id(), clock_timestamp(), clock_timestamp()
FROM set_config('lock_timeout', %(lock_timeout)s, true)
ON CONFLICT (entity, key) DO UPDATE SET
    version = greatest(known.version, %(above)s::bigint) + 1,
    xid = excluded.xid,
    dirty_since = coalesce(known.dirty_since, excluded.dirty_since),
    attempts = 0,
    faults = 0,
    parked_reason = NULL,
    next_attempt_at = excluded.next_attempt_at
