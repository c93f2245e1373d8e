-- Ends a request that is this worker's; as waiting, it is given back.
UPDATE crossfade.request
SET state = %(state)s, outcome = %(outcome)s, lease_until = NULL,
    finished_at = CASE WHEN %(state)s <> 'waiting' THEN clock_timestamp() END,
    attempts = CASE WHEN %(state)s <> 'waiting' THEN attempts ELSE attempts - 1 END
WHERE id = %(id)s AND worker = %(worker)s AND state = 'running'
