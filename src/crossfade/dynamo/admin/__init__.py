"""Table administration: creating, describing and deleting the table."""
