"""The expressions of requests: conditions, filters, updates, key conditions and placeholders."""
