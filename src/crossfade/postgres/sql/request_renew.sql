-- Keeps a request, and tells how far it has come.
UPDATE crossfade.request
SET lease_until = clock_timestamp() + make_interval(secs => %(lease_seconds)s),
    outcome = coalesce(%(outcome)s, outcome)
WHERE id = %(id)s AND worker = %(worker)s AND state = 'running'
