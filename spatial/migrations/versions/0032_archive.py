"""The archive 档案: its copies, their events, the roots that were published."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0032"
down_revision: str | None = "0031"


def upgrade() -> None:
    """Make their tables."""
    run_schema("water", "archive/schema.sql")


def downgrade() -> None:
    """Remove them; the copies themselves stay as they are."""
    run_sql("drop schema archive cascade")
