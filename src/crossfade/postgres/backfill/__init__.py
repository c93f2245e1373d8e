"""Windows of tables, the pages in them, and the census."""
