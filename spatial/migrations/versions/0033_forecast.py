"""Forecasts 预报: calibrated models and what was forecast with them."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0033"
down_revision: str | None = "0032"


def upgrade() -> None:
    """Make their tables."""
    run_schema("water.forecast")


def downgrade() -> None:
    """Remove them with all that was forecast."""
    run_sql("drop schema forecast cascade")
