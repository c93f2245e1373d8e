"""Rows to items and back. Pure: no input or output, no clock, no environment, no logging."""
