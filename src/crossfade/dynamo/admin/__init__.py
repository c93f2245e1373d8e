"""The table: planned, made, described."""
