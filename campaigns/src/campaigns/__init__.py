"""The campaign application."""
