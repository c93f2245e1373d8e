"""What repair and sweep keep in PostgreSQL."""
