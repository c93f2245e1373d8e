INSERT INTO crossfade.revealed (request, content, expires_at)
VALUES (%(request)s, %(content)s::jsonb,
        clock_timestamp() + make_interval(secs => %(seconds)s))
ON CONFLICT (request) DO UPDATE SET content = excluded.content, expires_at = excluded.expires_at
