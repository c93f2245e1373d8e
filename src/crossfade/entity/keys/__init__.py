"""The compiled forms of keys, and the rendering and parsing of keys."""
