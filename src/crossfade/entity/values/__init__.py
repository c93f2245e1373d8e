"""Validation and conversion of values: to stored form, to typed form, and to records."""
