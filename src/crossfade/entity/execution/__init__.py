"""Sending of requests, and reading of responses as records."""
