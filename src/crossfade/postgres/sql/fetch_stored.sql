EXISTS (
    SELECT FROM crossfade.object
    WHERE object_key = {prefix} || '/' || asked.row_id || '/' || {alias}.digest)
