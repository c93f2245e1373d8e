-- name: version
-- A key whose text its row's primary key can no longer have: the row cannot exist.
SELECT version, attempts, extract(epoch FROM now())
FROM crossfade.ledger
WHERE entity = %(entity)s AND key = %(key)s::text[]
