"""Use control: versions of rules, and compliance checks with their evidence."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0019"
down_revision: str | None = "0018"


def upgrade() -> None:
    """Make their tables."""
    run_schema("planning")


def downgrade() -> None:
    """Remove them; the layers stay."""
    run_sql("drop schema planning cascade")
