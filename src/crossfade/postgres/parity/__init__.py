"""The records of verification, and its reads of the source."""
