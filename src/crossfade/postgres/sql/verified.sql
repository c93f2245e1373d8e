-- Notes that keys were verified at a version. A key that was delivered at a later one since, or that
-- a writer or a relay holds at this moment, is verified once more.
WITH held AS MATERIALIZED (
    SELECT known.entity, known.key
    FROM crossfade.ledger AS known
    JOIN jsonb_to_recordset(%(keys)s::jsonb) AS told(entity text, key text[], version bigint)
      ON told.entity = known.entity AND told.key = known.key
    WHERE known.acked <= told.version
    ORDER BY known.entity, known.key
    FOR NO KEY UPDATE OF known SKIP LOCKED
)
UPDATE crossfade.ledger AS known
SET unverified_since = NULL
FROM held
WHERE known.entity = held.entity AND known.key = held.key
