"""Lists under review."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0018"
down_revision: str | None = "0017"


def upgrade() -> None:
    """Make their tables."""
    run_schema("address", "review.sql")


def downgrade() -> None:
    """Remove them; aliases that were learnt stay in the register."""
    run_sql("drop table address.match_text, address.match_task")
