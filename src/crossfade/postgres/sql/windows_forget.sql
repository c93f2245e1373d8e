DELETE FROM crossfade.backfill WHERE entity = ANY (%(entities)s)
