SELECT content::text, expires_at FROM crossfade.revealed
WHERE request = %(request)s AND expires_at > clock_timestamp()
