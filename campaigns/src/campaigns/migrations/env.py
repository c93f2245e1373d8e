"""What Alembic runs: the revisions, on the connection that the caller handed over."""

from __future__ import annotations

from alembic import context

from campaigns.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
