"""The dashboard for operators, and what any web application needs against forgery and flooding."""
