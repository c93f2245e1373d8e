"""Condition, filter, update and key expressions."""
