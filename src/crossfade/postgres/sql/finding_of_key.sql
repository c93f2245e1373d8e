SELECT to_jsonb(finding) FROM crossfade.finding
WHERE entity = %(entity)s AND key = %(key)s::text[]
ORDER BY id
