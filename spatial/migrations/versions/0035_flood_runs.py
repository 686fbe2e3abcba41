"""Runs of floods 洪水推演: their records and files."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0035"
down_revision: str | None = "0034"


def upgrade() -> None:
    """Make their tables."""
    run_schema("water", "flood/schema.sql")


def downgrade() -> None:
    """Remove them with what they hold."""
    run_sql("drop schema flood cascade")
