-- name: relay_slot_acquire
-- Acquires the lowest free slot, until it is released or the connection ends.
SELECT slot
FROM generate_series(0, %(relays_max)s - 1) AS slot
WHERE pg_try_advisory_lock(%(lock_class)s, slot)
LIMIT 1

-- name: relay_slot_release
SELECT pg_advisory_unlock_all()
