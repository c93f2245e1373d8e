"""The compiled schema of an entity, the generators of its functions, and the strict checks."""
