"""Closed days of observations in files, how long values are kept, and which periods are away."""

from __future__ import annotations

from spatial.migrations.script import run_schema

revision = "0028"
down_revision: str | None = "0026"


def upgrade() -> None:
    """Make its tables; a period that is away takes no new values."""
    run_schema("spatial", "observe/archive/schema.sql")


def downgrade() -> None:
    """Forget what stands in files; refused by hand where a period is away."""
    run_schema("spatial", "observe/archive/schema_down.sql")
