"""The composition roots: they wire the rooms, and hold no logic."""
