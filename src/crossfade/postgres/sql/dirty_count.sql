SELECT count(*) FROM crossfade.ledger WHERE dirty_since IS NOT NULL
