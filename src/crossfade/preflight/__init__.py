"""Checks before the first write: which rows do not fit, and what the migration costs."""
