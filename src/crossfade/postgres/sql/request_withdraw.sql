UPDATE crossfade.request
SET state = 'withdrawn', finished_at = clock_timestamp(), outcome = %(outcome)s
WHERE id = %(id)s AND state = 'waiting'
