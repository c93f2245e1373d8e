SELECT count(*) FROM crossfade.backfill_window WHERE entity = ANY (%(entities)s) AND NOT is_done
