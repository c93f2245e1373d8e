-- name: stored_objects
SELECT object_key FROM crossfade.object WHERE object_key = ANY (%(object_keys)s)
