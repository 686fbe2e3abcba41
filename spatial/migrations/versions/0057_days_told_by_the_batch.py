"""A correction that tells whole hours tells their days, too, without another look at its values."""

from __future__ import annotations

from spatial.migrations.script import run_schema

revision = "0057"
down_revision: str | None = "0056"


def upgrade() -> None:
    """Put the functions in the place of the earlier ones."""
    run_schema("spatial", "observe/roll_ups.sql")
    run_schema("spatial", "observe/record.sql")


def downgrade() -> None:
    """They stay: what they write is what the earlier ones wrote."""
