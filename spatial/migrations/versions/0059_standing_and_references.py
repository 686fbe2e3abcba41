"""Steps of proposals keep how who took them was known; jobs and schedules keep references of inputs."""

from __future__ import annotations

from spatial.migrations.script import run_schema

revision = "0059"
down_revision: str | None = "0058"


def upgrade() -> None:
    """Add the columns; what the local operator did to proposals is known as such."""
    run_schema("spatial.proposals", "origin.sql")
    run_schema("spatial.jobs", "references.sql")


def downgrade() -> None:
    """Forget them."""
    run_schema("spatial.jobs", "references_down.sql")
    run_schema("spatial.proposals", "origin_down.sql")
