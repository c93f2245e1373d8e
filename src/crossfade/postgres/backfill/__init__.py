"""The backfill's windows and pages of tables, and the census."""
