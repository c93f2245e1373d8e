"""Tokens with which programs act for their user."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

UP = """
CREATE TABLE api_tokens (
  id uuid DEFAULT gen_random_uuid() CONSTRAINT api_tokens_pkey PRIMARY KEY,
  user_id text NOT NULL,
  name varchar(120) NOT NULL,
  digest text NOT NULL,
  created_at timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  last_used_at timestamptz(6),
  expires_at timestamptz(0),
  CONSTRAINT api_tokens_user_id_fkey FOREIGN KEY (user_id)
    REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX api_tokens_digest_key ON api_tokens (digest);
CREATE INDEX api_tokens_user_id_idx ON api_tokens (user_id);
"""


def upgrade() -> None:
    """Create the table in the caller's transaction."""
    op.get_bind().exec_driver_sql(UP)


def downgrade() -> None:
    """Drop the table, rows included."""
    op.get_bind().exec_driver_sql("DROP TABLE api_tokens")
