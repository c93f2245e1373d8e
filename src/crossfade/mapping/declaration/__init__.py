"""The declaration of a mapping, and its validation."""
