"""What verification reads from PostgreSQL and keeps there."""
