"""Which catalogued images lie cut in the grid of which matrix set."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0013"
down_revision: str | None = "0012"


def upgrade() -> None:
    """Make the table of prepared rasters."""
    run_schema("tiles.raster")


def downgrade() -> None:
    """Remove it; the prepared files are made anew by the next preparation."""
    run_sql("drop schema tiles cascade")
