"""Alembic's scripts; `campaigns.database.migrate` runs them."""
