-- Keys that were delivered and not verified since, those of the oldest writes first.
SELECT entity, array_to_json(key)
FROM crossfade.ledger
WHERE unverified_since IS NOT NULL AND dirty_since IS NULL AND entity = ANY (%(entities)s)
ORDER BY unverified_since
LIMIT %(keys_max)s
