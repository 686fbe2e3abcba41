"""The change feed's order of changesets, and proposals."""

from __future__ import annotations

from spatial.migrations.script import run_schema

revision = "0006"
down_revision: str | None = "0005"


def upgrade() -> None:
    """Number the changesets there are for the feed; add proposals with their steps."""
    run_schema("spatial.history", "feed.sql")
    run_schema("spatial.proposals")


def downgrade() -> None:
    """Remove proposals and the feed's positions; the ledger itself stays."""
    run_schema("spatial.proposals", "schema_down.sql")
    run_schema("spatial.history", "feed_down.sql")
