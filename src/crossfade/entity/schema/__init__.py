"""What an entity declares: attributes, indexes, templates."""
