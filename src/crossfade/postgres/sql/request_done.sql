-- Records what was done at once.
INSERT INTO crossfade.request (
    kind, arguments, requested_by, state, attempts, taken_at, finished_at, outcome)
VALUES (%(kind)s, %(arguments)s::jsonb, %(requested_by)s, 'done', 1, clock_timestamp(),
        clock_timestamp(), %(outcome)s)
RETURNING to_jsonb(request)
