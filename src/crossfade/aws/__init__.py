"""AWS credentials: explicit keys, or the standard credential chain."""
