"""The composition roots: they open the stores and connect the rooms, and contain no logic."""
