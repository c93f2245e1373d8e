"""Delivery of changed keys: a relay that runs for ever, and the fast path of a request."""
