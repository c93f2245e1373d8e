"""A proxy that injects faults into connections."""
