"""Observations are found by the time of their results."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0043"
down_revision: str | None = "0042"


def upgrade() -> None:
    """Make the index, of every month."""
    run_schema("spatial", "observe/result_times.sql")


def downgrade() -> None:
    """Remove it."""
    run_sql("drop index observe.observation_result_time")
