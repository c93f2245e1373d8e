"""Delivery of changed keys: by the relay, and by the fast path right after a commit."""
