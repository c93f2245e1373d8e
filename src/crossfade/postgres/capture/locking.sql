-- name: installer_lock
SELECT pg_try_advisory_lock(%(lock_class)s, 0)

-- name: installer_unlock
SELECT pg_advisory_unlock(%(lock_class)s, 0)

-- name: set_lock_timeout
SELECT set_config('lock_timeout', %(milliseconds)s, true)
