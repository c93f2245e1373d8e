"""The gates: conditions that must hold before the application reads from the target. Pure."""
