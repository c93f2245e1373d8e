"""Conversion of values, rows and keys to items, and back."""
