DELETE FROM crossfade.orphan WHERE object_key = ANY (%(object_keys)s::text[])
