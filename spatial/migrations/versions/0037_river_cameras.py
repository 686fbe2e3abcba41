"""Snapshots of the cameras along the rivers."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0037"
down_revision: str | None = "0036"


def upgrade() -> None:
    """Make their tables."""
    run_schema("water", "cameras/schema.sql")


def downgrade() -> None:
    """Remove them; pictures that were archived stay in the archive."""
    run_sql(
        "drop table water.camera_day, water.camera_picture, water.camera_snapshot, water.camera_source;"
        " drop function water.keep_snapshots()"
    )
