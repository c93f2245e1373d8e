-- Notes that a run has verified keys that were delivered before it began and are clean: no write came
-- since, so both stores held all the while what it compared. Those that a writer or a relay holds at
-- this moment are left to the next run.
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
