"""The capture triggers and the schema: installation, status, removal."""
