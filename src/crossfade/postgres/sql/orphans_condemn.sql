UPDATE crossfade.orphan SET removed_at = clock_timestamp()
WHERE object_key = ANY (%(object_keys)s::text[])
