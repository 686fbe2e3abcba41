"""Indexes of pairs of characters: what q looks for is found without reading the layer."""

from __future__ import annotations

from spatial.migrations.script import run_schema

revision = "0051"
down_revision: str | None = "0049"


def upgrade() -> None:
    """Let layers have them; a layer gets its own when a contract that asks for it is published."""
    run_schema("spatial.history", "pairs.sql")
    run_schema("spatial.history", "index_attributes.sql")


def downgrade() -> None:
    """Drop those there are; the layers stay."""
    run_schema("spatial.history", "pairs_down.sql")
