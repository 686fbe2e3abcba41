"""Legal areas by content are kept for every layer, not for the planning layers alone."""

from __future__ import annotations

from spatial.migrations.script import run_sql

revision = "0044"
down_revision: str | None = "0043"


def upgrade() -> None:
    """The table moves to the ground, with what it holds."""
    run_sql("alter table planning.content_area set schema spatial")


def downgrade() -> None:
    """And back."""
    run_sql("alter table spatial.content_area set schema planning")
