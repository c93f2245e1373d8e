"""The gates: the rules that say whether the target may take over. Pure."""
