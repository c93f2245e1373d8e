"""Key templates, and the keys that they give."""
