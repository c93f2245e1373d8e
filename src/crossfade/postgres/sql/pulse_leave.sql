DELETE FROM crossfade.process WHERE id = %(id)s::uuid
