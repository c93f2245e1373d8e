"""Signatures, and the cache of the keys that make them."""
