"""Versions are counted when they are written, so that a layer of any day is counted at once."""

from __future__ import annotations

from spatial.migrations.script import run_schema

revision = "0048"
down_revision: str | None = "0047"


def upgrade() -> None:
    """Make the tally, which the statements of 0047 tell, and count what there is."""
    run_schema("spatial.history", "tally.sql")


def downgrade() -> None:
    """The tally stays and is told on: nothing that came before reads it."""
