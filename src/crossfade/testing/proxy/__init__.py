"""A proxy that breaks connections on purpose."""
