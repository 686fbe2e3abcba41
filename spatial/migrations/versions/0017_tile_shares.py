"""What far tiles hand up to the level above."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0017"
down_revision: str | None = "0016"


def upgrade() -> None:
    """Make its table; it is filled by the workers."""
    run_schema("tiles.far", "shares.sql")


def downgrade() -> None:
    """Remove it; each level is then surveyed by itself."""
    run_sql("drop table tiles.far_share")
