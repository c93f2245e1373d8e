SELECT to_jsonb(finding) FROM crossfade.finding WHERE id = %(id)s
