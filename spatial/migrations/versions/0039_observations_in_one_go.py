"""Observations: a batch that corrects most of what a series holds is compared and written in one go."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0039"
down_revision: str | None = "0038"


def upgrade() -> None:
    """Put the functions in the place of those before; values stay as they are."""
    run_sql("drop function if exists observe.correct(timestamptz)")
    run_schema("spatial.observe", "roll_ups.sql")
    run_schema("spatial.observe", "record.sql")


def downgrade() -> None:
    """Nothing: 0025 makes the same functions."""
