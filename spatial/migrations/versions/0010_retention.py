"""Results and inputs of jobs expire; the record of the job stays."""

from __future__ import annotations

from spatial.migrations.script import run_schema

revision = "0010"
down_revision: str | None = "0009"


def upgrade() -> None:
    """Tell the digest of a content from the content itself."""
    run_schema("spatial.jobs", "retention.sql")


def downgrade() -> None:
    """Remove what has expired altogether; jobs with their bytes stay."""
    run_schema("spatial.jobs", "retention_down.sql")
