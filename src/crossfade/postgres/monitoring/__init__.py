"""What the dashboard, the gates and operators read and write."""
