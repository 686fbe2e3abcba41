"""Messages are entered by a plan that is kept, not made at every call; those without readings at once."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0052"
down_revision: str | None = "0051"


def upgrade() -> None:
    """Put the functions in the place of the earlier ones."""
    run_schema("spatial", "observe/telemetry/keep.sql")


def downgrade() -> None:
    """The two that stay do the same."""
    run_sql("drop function telemetry.keep")
