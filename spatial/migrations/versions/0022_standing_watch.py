"""The standing watch: for which state of its layers each limit was last queued to be watched."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0022"
down_revision: str | None = "0021"


def upgrade() -> None:
    """Make its table."""
    run_schema("planning", "monitoring/schema.sql")


def downgrade() -> None:
    """Remove it."""
    run_sql("drop table planning.standing_watch")
