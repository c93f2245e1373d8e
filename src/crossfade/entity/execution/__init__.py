"""Requests sent, and answers read."""
