"""Findings of quality control are found by their time, the newest first."""

from __future__ import annotations

from spatial.migrations.script import run_sql

revision = "0029"
down_revision: str | None = "0028"


def upgrade() -> None:
    """Make the index."""
    run_sql("create index finding_time on observe.finding (phenomenon_time, datastream)")


def downgrade() -> None:
    """Remove it."""
    run_sql("drop index observe.finding_time")
