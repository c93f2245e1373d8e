-- Asks for something, unless it is asked for already.
INSERT INTO crossfade.request (kind, arguments, requested_by)
VALUES (%(kind)s, %(arguments)s::jsonb, %(requested_by)s)
ON CONFLICT (kind, arguments) WHERE finished_at IS NULL DO NOTHING
