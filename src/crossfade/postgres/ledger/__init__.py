"""The ledger: which keys are dirty, and what became of them."""
