"""Messages are kept in two statements."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0041"
down_revision: str | None = "0040"


def upgrade() -> None:
    """Make the functions."""
    run_schema("spatial", "observe/telemetry/keep.sql")


def downgrade() -> None:
    """Remove them."""
    run_sql(
        "drop function telemetry.claim; drop function telemetry.enter; drop function if exists telemetry.keep"
    )
