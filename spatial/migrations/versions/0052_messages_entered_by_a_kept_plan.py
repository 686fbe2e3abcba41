"""Messages are entered by a plan that is kept: a function in SQL was planned at every call."""

from __future__ import annotations

from spatial.migrations.script import run_schema

revision = "0052"
down_revision: str | None = "0049"


def upgrade() -> None:
    """Put the functions in the place of the earlier ones."""
    run_schema("spatial", "observe/telemetry/keep.sql")


def downgrade() -> None:
    """Nothing: they do the same."""
