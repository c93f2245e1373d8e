"""The reads and writes of the dashboard, the gates and operators."""
