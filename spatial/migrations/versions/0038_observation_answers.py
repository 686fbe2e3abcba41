"""Observations: single values are written in groups."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0038"
down_revision: str | None = "0032"


def upgrade() -> None:
    """Make the function."""
    run_schema("spatial", "observe/together.sql")


def downgrade() -> None:
    """Remove it."""
    run_sql("drop function observe.record_together")
