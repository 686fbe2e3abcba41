"""Attribute indexes: what a contract says is searched is found without reading the layer."""

from __future__ import annotations

from spatial.migrations.script import run_schema

revision = "0008"
down_revision: str | None = "0007"


def upgrade() -> None:
    """Let layers have indexes; those there are get theirs when their contracts are published next."""
    run_schema("spatial.history", "indexes.sql")
    run_schema("spatial.history", "index_attributes.sql")


def downgrade() -> None:
    """Drop the indexes; the layers stay."""
    run_schema("spatial.history", "indexes_down.sql")
