"""Versions are counted when they are written, so that a layer of any day is counted at once."""

from __future__ import annotations

from spatial.migrations.script import run_schema

revision = "0050"
down_revision: str | None = "0046"


def upgrade() -> None:
    """Make the tally and count what there is."""
    run_schema("spatial.history", "tally.sql")


def downgrade() -> None:
    """Remove it; layers are then counted row by row."""
    run_schema("spatial.history", "tally_down.sql")
