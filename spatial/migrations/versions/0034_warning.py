"""Warnings 预警: rules, evaluations, warnings with their steps, acknowledgements, verification."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0034"
down_revision: str | None = "0033"


def upgrade() -> None:
    """Make their tables."""
    run_schema("water", "warning/schema.sql")


def downgrade() -> None:
    """Remove them, and with them what was ever warned."""
    run_sql("drop schema warning cascade")
