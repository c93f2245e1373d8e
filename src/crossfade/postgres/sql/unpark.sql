-- A parked key that a writer holds is left alone: the write un-parks it.
WITH parked AS MATERIALIZED (
    SELECT entity, key
    FROM crossfade.ledger
    WHERE parked_reason IS NOT NULL
      AND entity = coalesce(%(entity)s, entity) AND key = coalesce(%(key)s::text[], key)
    ORDER BY entity, key
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE crossfade.ledger AS known
SET parked_reason = NULL, attempts = 0, faults = 0, next_attempt_at = clock_timestamp()
FROM parked
WHERE known.entity = parked.entity AND known.key = parked.key
