"""What operators ask for, and the worker that does it."""
