"""Observations: things, datastreams, values in partitions, roll-ups, rules of quality control."""

from __future__ import annotations

from spatial.migrations.script import run_schema

revision = "0025"
down_revision: str | None = "0023"


def upgrade() -> None:
    """Make the store; it holds nothing yet."""
    run_schema("spatial.observe")
    run_schema("spatial.observe", "write.sql")
    run_schema("spatial.observe", "values.sql")
    run_schema("spatial.observe", "roll_ups.sql")
    run_schema("spatial.observe", "record.sql")


def downgrade() -> None:
    """Remove it with every value."""
    run_schema("spatial.observe", "schema_down.sql")
