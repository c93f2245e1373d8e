"""What can be known before the first write: what will not fit, what it will cost."""
