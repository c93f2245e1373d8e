"""The dashboard for operators, and security parts for any web application."""
