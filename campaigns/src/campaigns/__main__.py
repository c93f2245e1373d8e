"""`python -m campaigns`."""

from campaigns.cli import app

app()
