"""The records of repair and sweep."""
