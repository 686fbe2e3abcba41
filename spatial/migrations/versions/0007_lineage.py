"""Lineage: what was derived from what, by which code."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0007"
down_revision: str | None = "0006"


def upgrade() -> None:
    """Add the table of derivations."""
    run_schema("spatial.catalogue", "lineage.sql")


def downgrade() -> None:
    """Remove the derivations; the products themselves stay."""
    run_sql("drop table spatial.derivation")
