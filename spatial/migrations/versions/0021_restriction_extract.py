"""Restriction extracts, kept by their verification code."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0021"
down_revision: str | None = "0020"


def upgrade() -> None:
    """Make their table."""
    run_schema("planning", "extract/schema.sql")


def downgrade() -> None:
    """Remove it."""
    run_sql("drop table planning.restriction_extract")
