"""Schedules have an address of their own, may rest, and are audited."""

from __future__ import annotations

from spatial.migrations.script import run_schema

revision = "0060"
down_revision: str | None = "0059"


def upgrade() -> None:
    """Add the columns and the audit."""
    run_schema("spatial.jobs", "schedules.sql")


def downgrade() -> None:
    """Forget them."""
    run_schema("spatial.jobs", "schedules_down.sql")
