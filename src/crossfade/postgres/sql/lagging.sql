-- Entities whose oldest undelivered write is older than it may be. IS TRUE leaves the planner the
-- index of dirty keys alone.
SELECT entity, extract(epoch FROM clock_timestamp() - min(dirty_since)), count(*)
FROM crossfade.ledger
WHERE (entity = ANY (%(entities)s)) IS TRUE
  AND dirty_since IS NOT NULL AND parked_reason IS NULL
  AND dirty_since < clock_timestamp() - make_interval(secs => %(seconds)s)
GROUP BY entity
ORDER BY entity
