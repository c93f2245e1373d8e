-- name: forget_objects
DELETE FROM crossfade.object WHERE object_key = ANY (%(object_keys)s::text[])
