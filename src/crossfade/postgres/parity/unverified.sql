-- name: lagging
-- Entities whose oldest undelivered write is older than a limit. With IS TRUE the planner can use
-- the index of dirty keys only.
SELECT entity, extract(epoch FROM clock_timestamp() - min(dirty_since)), count(*)
FROM crossfade.ledger
WHERE (entity = ANY (%(entities)s)) IS TRUE
  AND dirty_since IS NOT NULL AND parked_reason IS NULL
  AND dirty_since < clock_timestamp() - make_interval(secs => %(seconds)s)
GROUP BY entity
ORDER BY entity

-- name: unverified
-- Keys that were delivered and not verified since, oldest writes first. IS TRUE keeps the planner,
-- whose statistics may be of an empty table, from reading the entity's keys by the primary key and
-- sorting them.
SELECT entity, array_to_json(key)
FROM crossfade.ledger
WHERE unverified_since IS NOT NULL AND dirty_since IS NULL
  AND (entity = ANY (%(entities)s)) IS TRUE
ORDER BY unverified_since
LIMIT %(keys_max)s

-- name: verified
-- Records that keys were verified at a version. A key that was delivered at a later version since,
-- or that a writer or a relay has locked, is verified again.
WITH held AS MATERIALIZED (
    SELECT known.entity, known.key
    FROM crossfade.ledger AS known
    JOIN jsonb_to_recordset(%(keys)s::jsonb) AS given(entity text, key text[], version bigint)
      ON given.entity = known.entity AND given.key = known.key
    WHERE known.acked <= given.version
    ORDER BY known.entity, known.key
    FOR NO KEY UPDATE OF known SKIP LOCKED
)
UPDATE crossfade.ledger AS known
SET unverified_since = NULL
FROM held
WHERE known.entity = held.entity AND known.key = held.key

-- name: verified_through
-- Records that a run has verified keys that were delivered before it began and are clean: without a
-- write since, both stores held what it compared throughout. Keys that a writer or a relay has
-- locked are left to the next run.
WITH held AS MATERIALIZED (
    SELECT known.entity, known.key
    FROM crossfade.run
    JOIN crossfade.ledger AS known
      ON known.unverified_since IS NOT NULL AND known.unverified_since < run.started_at
     AND (known.entity = ANY (%(entities)s)) IS TRUE
    WHERE run.id = %(run)s AND known.dirty_since IS NULL
      AND (known.acked_xid IS NULL OR known.acked_xid < run.begun_xid)
    ORDER BY known.unverified_since
    LIMIT %(keys_max)s
    FOR NO KEY UPDATE OF known SKIP LOCKED
)
UPDATE crossfade.ledger AS known
SET unverified_since = NULL
FROM held
WHERE known.entity = held.entity AND known.key = held.key

-- name: watermarks
SELECT to_jsonb(watermark) FROM crossfade.watermark
WHERE entity = ANY (%(entities)s)
ORDER BY entity
