SELECT to_regclass('crossfade.ledger') IS NOT NULL
