"""Rows and items as records that can be compared, and the verdict on a difference. Pure."""
