SELECT to_jsonb(request) FROM crossfade.request
WHERE kind = %(kind)s AND arguments = %(arguments)s::jsonb AND finished_at IS NULL
