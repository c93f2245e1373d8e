-- name: ack
-- Records the outcomes of deliveries. Rows that a writer has locked are skipped, so that neither
-- waits for the other; their keys stay dirty and are due again.
WITH reported AS (
    SELECT *
    FROM jsonb_to_recordset(%(outcomes)s::jsonb) AS outcome(
        entity text, key text[], verdict text, version bigint, found bigint,
        read_at double precision, attempt integer, is_fault boolean, reason text,
        seconds double precision)
), held AS MATERIALIZED (
    SELECT known.entity, known.key, known.version, known.acked, known.xid, known.dirty_since,
           known.attempts, known.faults, known.next_attempt_at, known.parked_reason,
           reported.verdict, reported.version AS reported_version, reported.read_at,
           reported.is_fault, reported.reason, reported.seconds,
           -- The target is ahead of a ledger that was lost, restored or failed over, or holds the
           -- same version with other content: the source wins, with a version above both.
           reported.verdict = 'conflicting'
               OR coalesce(greatest(reported.version, reported.found) > known.version, false)
               AS is_raised,
           greatest(known.version, reported.version, reported.found) AS highest,
           -- A failure counts unless another failure or a write has changed the count since.
           reported.verdict = 'failed' AND known.version > known.acked
               AND known.attempts = reported.attempt - 1 AS is_failure
    FROM crossfade.ledger AS known
    JOIN reported ON reported.entity = known.entity AND reported.key = known.key
    ORDER BY known.entity, known.key
    FOR NO KEY UPDATE OF known SKIP LOCKED
), reached AS (
    SELECT *,
           verdict IN ('delivered', 'superseded', 'conflicting') AS is_answered,
           CASE WHEN is_raised THEN highest + 1 ELSE version END AS next_version,
           CASE WHEN is_raised OR verdict NOT IN ('delivered', 'superseded') THEN acked
                ELSE greatest(acked, reported_version) END AS next_acked,
           is_failure AND is_fault AND faults + 1 >= %(faults_max)s AS is_parked
    FROM held
), decided AS (
    SELECT *,
           CASE WHEN is_answered THEN 0 WHEN is_failure THEN attempts + 1 ELSE attempts
           END AS next_attempts,
           CASE WHEN is_answered THEN 0 WHEN is_failure AND is_fault THEN faults + 1 ELSE faults
           END AS next_faults,
           CASE WHEN is_parked THEN reason WHEN NOT is_answered THEN parked_reason
           END AS next_parked_reason,
           -- A key that is still dirty after an answer became dirty after the read.
           CASE WHEN next_version <= next_acked THEN NULL
                WHEN is_answered AND NOT is_raised THEN greatest(dirty_since, to_timestamp(read_at))
                ELSE coalesce(dirty_since, clock_timestamp())
           END AS next_dirty_since,
           CASE WHEN is_answered AND (is_raised OR attempts > 0) THEN clock_timestamp()
                WHEN is_failure THEN clock_timestamp() + make_interval(secs => random() * least(
                    %(retry_max_seconds)s, %(retry_base_seconds)s * 2.0 ^ least(attempts, 30)))
                WHEN verdict = 'postponed' THEN clock_timestamp() + make_interval(secs => seconds)
                ELSE next_attempt_at
           END AS due_at
    FROM reached
), updated AS (
    UPDATE crossfade.ledger AS known
    SET version = decided.next_version,
        acked = decided.next_acked,
        xid = CASE WHEN decided.is_raised THEN pg_current_xact_id() ELSE decided.xid END,
        dirty_since = decided.next_dirty_since,
        attempts = decided.next_attempts,
        faults = decided.next_faults,
        next_attempt_at = decided.due_at,
        parked_reason = decided.next_parked_reason
    FROM decided
    WHERE known.entity = decided.entity AND known.key = decided.key
      AND (decided.version, decided.acked, decided.dirty_since, decided.attempts, decided.faults,
           decided.next_attempt_at, decided.parked_reason)
          IS DISTINCT FROM
          (decided.next_version, decided.next_acked, decided.next_dirty_since,
           decided.next_attempts, decided.next_faults, decided.due_at, decided.next_parked_reason)
)
SELECT reported.entity, array_to_json(reported.key),
       CASE WHEN decided.key IS NULL THEN 'locked'
            WHEN decided.is_parked THEN 'parked'
            ELSE 'raised' END
FROM reported
LEFT JOIN decided ON decided.entity = reported.entity AND decided.key = reported.key
WHERE decided.is_parked OR decided.is_raised
   OR (decided.key IS NULL AND EXISTS (
       SELECT FROM crossfade.ledger AS known
       WHERE known.entity = reported.entity AND known.key = reported.key))

-- name: dirty_keys_of
-- Dirty, unparked keys of rows, by the bounds of `key_bounds`. The condition is not that of the
-- index `ledger_due`, which would be read whole.
SELECT dirty.entity, array_to_json(dirty.key)
FROM jsonb_to_recordset(%(rows)s::jsonb) AS given(entity text, lowest text[], above text[])
JOIN crossfade.ledger AS dirty
  ON dirty.entity = given.entity
 AND dirty.key >= given.lowest AND dirty.key < given.above
WHERE dirty.version > dirty.acked AND dirty.parked_reason IS NULL

-- name: due
-- Dirty keys that are due, oldest first, without locking them. Relays share the keys by hash: each
-- holds one numbered advisory lock, which ends with the relay's connection. A relay that has not
-- polled for `silent_seconds` is not counted. While relays count differently, a key is delivered
-- twice or one poll later, which is harmless.
WITH relays AS (
    SELECT lock.objid::bigint AS slot, lock.pid = pg_backend_pid() AS is_own
    FROM pg_locks AS lock
    LEFT JOIN pg_stat_activity AS session USING (pid)
    WHERE lock.locktype = 'advisory' AND lock.classid = %(lock_class)s::oid AND lock.objsubid = 2
      AND lock.granted
      AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (lock.pid = pg_backend_pid()
           OR session.query_start > now() - make_interval(secs => %(silent_seconds)s) IS NOT FALSE)
), share AS (
    SELECT greatest(count(*), 1) AS relays,
           count(*) FILTER (WHERE slot < (SELECT slot FROM relays WHERE is_own)) AS rank
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
      SELECT paused.entity, paused.key
      FROM jsonb_to_recordset(%(paused)s::jsonb) AS paused(entity text, key text[]))
ORDER BY due.next_attempt_at
LIMIT %(keys_max)s

-- name: record_objects
INSERT INTO crossfade.object (object_key, entity, row_id, size_bytes)
SELECT object_key, entity, row_id, size_bytes
FROM jsonb_to_recordset(%(objects)s::jsonb)
     AS stored(object_key text, entity text, row_id text, size_bytes bigint)
ORDER BY object_key COLLATE "C"
ON CONFLICT (object_key) DO NOTHING
