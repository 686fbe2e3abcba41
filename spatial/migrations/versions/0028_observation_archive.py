"""Closed days of observations in files, how long values are kept; entities as they were at an instant."""

from __future__ import annotations

from spatial.migrations.script import run_schema

revision = "0028"
down_revision: str | None = "0027"


def upgrade() -> None:
    """Make the tables of the archive, and what reads the past of entities."""
    run_schema("spatial", "observe/archive/schema.sql")
    run_schema("spatial", "observe/past.sql")


def downgrade() -> None:
    """Forget which days stand in which files; to be done by hand where a period is away."""
    run_schema("spatial", "observe/past_down.sql")
    run_schema("spatial", "observe/archive/schema_down.sql")
