"""Versions are counted when they are written, so that a layer of any day is counted at once."""

from __future__ import annotations

from spatial.migrations.script import run_schema

revision = "0048"
down_revision: str | None = "0047"


def upgrade() -> None:
    """Make the tally, count what there is, and let what is written tell it."""
    for file in ("tally.sql", "versions.sql"):
        run_schema("spatial.history", file)


def downgrade() -> None:
    """The tally stays and is told on: nothing that came before reads it."""
