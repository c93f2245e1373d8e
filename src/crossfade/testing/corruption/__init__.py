"""Deliberate damage to a staging system, to test its detection."""
