"""Response plans 预案: their versions, steps, activations and confirmations."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0036"
down_revision: str | None = "0035"


def upgrade() -> None:
    """Make their tables."""
    run_schema("water", "plans/schema.sql")


def downgrade() -> None:
    """Remove them."""
    run_sql("drop schema response cascade")
