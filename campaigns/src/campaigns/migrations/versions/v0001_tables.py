"""Users, campaigns, sessions, members, characters, and the search vector of sessions."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None

DOWN = """
DROP TABLE character_sessions, characters, campaign_members, sessions, campaigns, users;
DROP FUNCTION session_search_refresh();
DROP TYPE plan_tier, game_system, campaign_status, session_status, transcript_source, member_role;
"""


def upgrade() -> None:
    """Create everything in the caller's transaction."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)


def downgrade() -> None:
    """Drop everything, rows included."""
    op.get_bind().exec_driver_sql(DOWN)
