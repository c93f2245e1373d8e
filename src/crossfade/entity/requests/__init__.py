"""The parameters of each request."""
