-- Keys that were delivered and not verified since, those of the oldest writes first. IS TRUE keeps
-- the planner, whose statistics may be of an empty table, from reading the entity's keys by the
-- primary key and sorting them.
SELECT entity, array_to_json(key)
FROM crossfade.ledger
WHERE unverified_since IS NOT NULL AND dirty_since IS NULL
  AND (entity = ANY (%(entities)s)) IS TRUE
ORDER BY unverified_since
LIMIT %(keys_max)s
