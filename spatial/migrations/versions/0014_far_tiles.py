"""The store of far tiles."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0014"
down_revision: str | None = "0013"


def upgrade() -> None:
    """Make the store; it is filled by the workers."""
    run_schema("tiles.far")


def downgrade() -> None:
    """Remove it; tiles are then cut when they are asked for."""
    run_sql("drop table tiles.far_tile, tiles.far_state")
