"""Far tiles of instants of which no state is kept, by the stretch of time in which each holds."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0045"
down_revision: str | None = "0044"


def upgrade() -> None:
    """Make their table; it fills as they are asked for."""
    run_schema("tiles.far", "past.sql")


def downgrade() -> None:
    """Remove it; each is then made anew."""
    run_sql("drop table tiles.past_tile")
