SELECT count(*) FROM crossfade.ledger
WHERE dirty_since IS NOT NULL AND entity <> 'crossfade_canary'
