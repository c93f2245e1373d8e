-- name: version
-- The version of a key whose text the types of the primary key no longer accept: it has no row.
SELECT version, attempts, extract(epoch FROM now())
FROM crossfade.ledger
WHERE entity = %(entity)s AND key = %(key)s::text[]
