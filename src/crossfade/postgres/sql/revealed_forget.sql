DELETE FROM crossfade.revealed WHERE expires_at <= clock_timestamp()
