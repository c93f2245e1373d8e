"""The calls that users chain."""
