"""Each step of a proposal keeps how the platform knew who took it."""

from __future__ import annotations

from spatial.migrations.script import run_schema

revision = "0061"
down_revision: str | None = "0057"


def upgrade() -> None:
    """Add the origin and the credential's identifier; what the local operator did is known as such."""
    run_schema("spatial.proposals", "origin.sql")


def downgrade() -> None:
    """Forget them."""
    run_schema("spatial.proposals", "origin_down.sql")
