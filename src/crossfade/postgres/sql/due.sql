-- Dirty keys whose turn it is, oldest first, without locking them. Relays share the keys by hash:
-- each holds one advisory lock, numbered, and a lock ends with its relay's connection. A relay that
-- has not asked for a while is counted out. That two relays see different neighbours for a moment
-- is harmless: a key is then delivered twice, or one poll later.
WITH relays AS (
    SELECT lock.objid::bigint AS slot, lock.pid = pg_backend_pid() AS is_me
    FROM pg_locks AS lock
    LEFT JOIN pg_stat_activity AS session USING (pid)
    WHERE lock.locktype = 'advisory' AND lock.classid = %(lock_class)s::oid AND lock.objsubid = 2
      AND lock.granted
      AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (lock.pid = pg_backend_pid()
           OR session.query_start > now() - make_interval(secs => %(silent_seconds)s) IS NOT FALSE)
), share AS (
    SELECT greatest(count(*), 1) AS relays,
           count(*) FILTER (WHERE slot < (SELECT slot FROM relays WHERE is_me)) AS rank
    FROM relays
)
SELECT due.entity, array_to_json(due.key)
FROM crossfade.ledger AS due
WHERE due.dirty_since IS NOT NULL AND due.parked_reason IS NULL
  AND due.entity = ANY (%(entities)s)
  AND due.next_attempt_at <= now() - make_interval(secs => %(grace_seconds)s)
  AND (hash_array_extended(due.key, 0) & 9223372036854775807) %% (SELECT relays FROM share)
      = (SELECT rank FROM share)
  AND (due.entity, due.key) NOT IN (
      SELECT held.entity, held.key
      FROM jsonb_to_recordset(%(held)s::jsonb) AS held(entity text, key text[]))
ORDER BY due.next_attempt_at
LIMIT %(keys_max)s
