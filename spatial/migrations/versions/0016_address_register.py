"""The guard of the address register's tree of components."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0016"
down_revision: str | None = "0015"


def upgrade() -> None:
    """Hold every changeset of the layer ``components`` to the laws of the tree."""
    run_schema("address")


def downgrade() -> None:
    """Remove the guard; the layers stay."""
    run_sql("drop trigger address_tree on spatial.changeset; drop schema address cascade")
