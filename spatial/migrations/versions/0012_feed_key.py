"""The key by which the change feed's cursors are sealed."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0012"
down_revision: str | None = "0011"


def upgrade() -> None:
    """Make the key; cursors handed out before are refused from now on."""
    run_schema("spatial.history", "seal.sql")


def downgrade() -> None:
    """Remove the key."""
    run_sql("drop table spatial.feed_key")
