"""Damage on purpose, for staging."""
