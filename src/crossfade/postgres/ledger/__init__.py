"""The ledger: dirty keys, and the outcomes of their delivery."""
