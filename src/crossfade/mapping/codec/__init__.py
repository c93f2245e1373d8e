"""Values, rows and keys as items, and back."""
