SELECT pg_advisory_unlock(%(lock_class)s, 0)
